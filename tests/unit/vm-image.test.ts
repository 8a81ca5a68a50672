/** What a cloud image is given at its first start. */
import { readdirSync } from 'node:fs';
import yaml from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { userData } from '../../src/lab/vm/image.ts';

describe('the user data of a cloud image', () => {
  const text = userData();
  const data = yaml.load(text) as { write_files: { path: string; permissions: string; encoding: string; content: string }[]; runcmd: string[][] };

  test('begins as cloud-init wants it and brings every file of the guest', () => {
    expect(text.split('\n')[0]).toBe('#cloud-config');
    expect(data.write_files).toHaveLength(readdirSync(new URL('../../src/lab/vm/guest', import.meta.url)).length);
    for (const f of data.write_files) {
      expect(f.path).toMatch(/^\/usr\/lib\//);
      expect(f.permissions).toMatch(/^0[67][45][45]$/);
      expect(f.encoding).toBe('b64');
    }
  });

  test('the agent comes whole, may be executed, and is started', () => {
    const agent = data.write_files.find((f) => f.path.endsWith('/agent.sh'))!;
    expect(Buffer.from(agent.content, 'base64').toString()).toMatch(/^#!\/bin\/bash\n[\s\S]*HELLO/);
    expect(agent.permissions).toBe('0755');
    expect(data.runcmd.at(-1)?.join(' ')).toContain('start trialboot-agent.service');
  });
});
