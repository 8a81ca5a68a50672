import type { APIRoute } from 'astro';
import { openapi } from '../../../runbook/openapi.ts';

export const GET: APIRoute = () => new Response(`${JSON.stringify(openapi(), null, 2)}\n`);
