import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { API } from '../../src/model/api.ts';
import { openapi } from '../../src/runbook/openapi.ts';

const document = openapi() as { openapi: string; paths: Record<string, { get: { responses: { 200: { content: { 'application/json': { schema: { $ref: string } } } } } } }>; components: { schemas: Record<string, object> } };

describe('the description of the API', () => {
  test('has a path and a schema for each document, and no other', () => {
    expect(document.openapi).toMatch(/^3\.1/);
    expect(Object.keys(document.paths).sort()).toEqual(Object.keys(API).map((n) => `/api/v1/${n}.json`).sort());
    for (const { get } of Object.values(document.paths)) {
      const ref = get.responses[200].content['application/json'].schema.$ref;
      expect(document.components.schemas[ref.replace('#/components/schemas/', '')], ref).toBeDefined();
    }
  });
  test('its schemas are schemas', () => {
    const ajv = new Ajv2020({ strict: false, formats: { date: true, 'date-time': true } });
    for (const [name, schema] of Object.entries(document.components.schemas)) expect(() => ajv.compile(schema), name).not.toThrow();
  });
});
