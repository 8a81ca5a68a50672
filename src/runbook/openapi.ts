/** The description of the JSON API by OpenAPI 3.1. Pure. */
import { z } from 'astro/zod';
import { API } from '../model/api.ts';

const title = (schema: z.ZodType): string => (z.globalRegistry.get(schema)?.title ?? '').replace(/^.*: /, '');

/** @returns the description: one path for each document, and its schema */
export function openapi(): object {
  const schemas: Record<string, object> = {};
  const paths: Record<string, object> = {};
  for (const [name, schema] of Object.entries(API)) {
    const { $schema: _dialect, ...json } = z.toJSONSchema(schema, { io: 'output' });
    schemas[name] = json;
    paths[`/api/v1/${name}.json`] = {
      get: {
        operationId: name,
        summary: title(schema),
        responses: { 200: { description: `All ${title(schema)}.`, content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } } } },
      },
    };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Trialboot',
      version: '1.0',
      summary: 'Runbooks, scripts, what the lab recorded, and facts about kernels, as files.',
      description: 'Each document is one file, the same for everybody, without keys or parameters. Within version 1 fields may be added, never renamed or removed.',
      license: { name: 'CC BY 4.0', identifier: 'CC-BY-4.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: { schemas },
  };
}
