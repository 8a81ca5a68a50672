import type { APIRoute, GetStaticPaths } from 'astro';
import { z } from 'astro/zod';
import { API, type ApiName } from '../../model/api.ts';

export const getStaticPaths = (() => Object.keys(API).map((name) => ({ params: { name } }))) satisfies GetStaticPaths;

export const GET: APIRoute = ({ params }) =>
  new Response(`${JSON.stringify(z.toJSONSchema(API[params['name'] as ApiName], { io: 'output' }), null, 2)}\n`);
