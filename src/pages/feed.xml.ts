import { getCollection } from 'astro:content';
import { atomFeed } from '../facts/feed.ts';

export const GET = async (): Promise<Response> => new Response(atomFeed((await getCollection('changes')).map((e) => ({ id: e.id, ...e.data }))));
