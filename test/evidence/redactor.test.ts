import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeRedactor, scanForSecrets } from '../../src/evidence/index.js';

const secret = "hunter2 'Zwölf'/%&";
const redactor = makeRedactor({ secrets: [secret, 'S3cr3tPassphrase', ''] });

/** What a stream keeps when the text comes in pieces cut at the given places. */
function inPieces(text: string, cuts: readonly number[]): { kept: string; redactions: number } {
  const bytes = Buffer.from(text);
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  const stream = redactor.stream();
  const kept: Buffer[] = [];
  let from = 0;
  for (const to of [...places, bytes.length]) {
    kept.push(stream.push(bytes.subarray(from, to)));
    from = to;
  }
  kept.push(stream.end());
  return { kept: Buffer.concat(kept).toString(), redactions: stream.redactions() };
}

const privateKey = `-----BEGIN OPENSSH PRIVATE KEY-----\n${'b3BlbnNzaC1rZXktdjEAAAAA\n'.repeat(6)}-----END OPENSSH PRIVATE KEY-----`;
const ageKey = `AGE-SECRET-KEY-1${'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L'.repeat(2).slice(0, 58)}`;

describe('secrets that nobody declared', () => {
  test.each([
    ['postgres://app:Pa55w0rd@db.internal:5432/shop', 'Pa55w0rd', 'db.internal:5432/shop'],
    ['postgresql://app:p@ss@db/shop?sslmode=require', 'p@ss', 'sslmode=require'],
    ['amqp+ssl://:onlypass@broker/', 'onlypass', 'broker'],
    ['host=db user=app password=tiger,7 dbname=shop', 'tiger,7', 'dbname=shop'],
    ['PGPASSWORD=tiger7 psql -c "select 1"', 'tiger7', 'psql'],
    ['{"user":"app","password":"ti\\"ger","port":5432}', 'ger', '"port":5432'],
    ['{"log":"{\\"password\\":\\"tiger7\\",\\"port\\":1}"}', 'tiger7', 'port'],
    ["{ password: 'ti\"ger' }", 'ger', '}'],
    ['password: tiger-seven', 'tiger-seven', 'password'],
    ['https://api.example/v1?api_key=0123456789abcdef&page=2', '0123456789abcdef', 'page=2'],
    ["ALTER ROLE app PASSWORD 'it''s me'; SELECT 1", 's me', 'SELECT 1'],
    [
      `rolpassword SCRAM-SHA-256$4096:c2FsdHNhbHQ=$c3RvcmVka2V5:c2VydmVya2V5 t`,
      'c3RvcmVka2V5',
      'SCRAM-SHA-256$4096:',
    ],
    ['credential AKIAIOSFODNN7EXAMPLE in use', 'AKIAIOSFODNN7EXAMPLE', 'in use'],
    [
      'aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      'wJalrXUtnFEMI',
      'aws_secret_access_key',
    ],
    [`# public key: age1xyz\n${ageKey}\nend`, 'QPZRY9X8', 'end'],
    [`before\n${privateKey}\nafter`, 'b3BlbnNzaC1rZXktdjEA', 'after'],
    ['Authorization: Basic YXBwOnRpZ2Vy', 'YXBwOnRpZ2Vy', 'Authorization'],
    [
      'curl -H "Authorization: Bearer abcdefghijklmnopqrstuvwxyz0123"',
      'abcdefghijklmnopqrstuvwxyz0123',
      'curl',
    ],
    ['token ghp_0123456789abcdefghij0123456789ABCDEF', 'ghp_0123456789', 'token'],
    [
      'https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXX',
      'XXXXXXXXXXXXXXXX',
      'hooks.slack.com',
    ],
  ])('%s', (text, gone, stays) => {
    const { text: kept, redactions } = redactor.redact(text);
    expect(kept).not.toContain(gone);
    expect(kept).toContain(stays);
    expect(kept).toContain('[redacted]');
    expect(redactions).toBe(1);
    expect(scanForSecrets(text)).toHaveLength(1);
    expect(scanForSecrets(kept)).toEqual([]);
  });

  test.each([
    'http://127.0.0.1:8080/health@now',
    'postgres://app@db.internal:5432/shop',
    'password_encryption = scram-sha-256',
    'pg_dump --no-password --file=out.dump',
    'password=${inputs.word} and password=$PGPASSWORD and PASSWORD NULL',
    'PWD=/root tests pass=31 fail=0 token bucket, secret santa',
    'the password is in the sealed envelope',
    'Aufräumen fertig: 3 Dateien — naïve café',
  ])('nothing to hide in: %s', (text) => {
    expect(redactor.redact(text)).toEqual({ text, redactions: 0 });
  });
});

describe('known secrets', () => {
  const bytes = Buffer.from(secret);
  test.each([
    ['as it is', secret],
    ['in JSON', JSON.stringify({ p: secret })],
    ['percent-encoded', encodeURIComponent(secret)],
    ['percent-encoded, lower case', encodeURIComponent(secret).replace(/%../g, (code) => code.toLowerCase())],
    ['as a form field', new URLSearchParams({ p: secret }).toString()],
    ['quoted for SQL', `'${secret.replaceAll("'", "''")}'`],
    ['base64', bytes.toString('base64')],
    ['base64 after one byte', Buffer.concat([Buffer.from(':'), bytes, Buffer.from('!')]).toString('base64')],
    ['base64 after two bytes', Buffer.concat([Buffer.from('u:'), bytes]).toString('base64')],
    ['base64url', bytes.toString('base64url')],
    ['hex, as bytea shows it', String.raw`\x${bytes.toString('hex')}`],
  ])('%s', (_form, text) => {
    const { text: kept, redactions } = redactor.redact(`a ${text} b`);
    expect(redactions).toBe(1);
    expect(kept).toMatch(/^a .*\[redacted\].* b$/);
    for (const part of [secret, bytes.toString('base64').slice(4, -4), bytes.toString('hex')]) {
      expect(kept).not.toContain(part);
    }
  });

  test('a value too short to be told from ordinary text is refused, without printing it', () => {
    expect(() => makeRedactor({ secrets: ['xyz'] })).toThrow(/fewer than 4 characters/);
    expect(() => makeRedactor({ secrets: ['xyz'] })).not.toThrow(/xyz/);
  });

  test('of a secret with several lines each line is found by itself', () => {
    const two = makeRedactor({ secrets: ['first-line-of-it\nsecond-line-of-it'] });
    expect(two.redact('x second-line-of-it y\nfirst-line-of-it').text).toBe('x [redacted] y\n[redacted]');
  });
});

describe('streams', () => {
  const planted = fc.constantFrom(
    secret,
    'S3cr3tPassphrase',
    Buffer.from(`user:${secret}`).toString('base64'),
    'postgres://app:Pa55w0rd@db/x',
    'password=tiger7',
    privateKey,
    ageKey,
    'AKIAIOSFODNN7EXAMPLE',
    'plain words',
    'ümlaut \u0000 \ufffd',
    '\n',
    '\r',
    ' ',
  );
  const text = fc.array(planted, { maxLength: 30 }).map((parts) => parts.join(''));

  test('where the chunks are cut makes no difference', () => {
    fc.assert(
      fc.property(text, fc.array(fc.nat(5000), { maxLength: 40 }), (whole, cuts) => {
        expect(inPieces(whole, cuts)).toEqual(inPieces(whole, []));
      }),
    );
  });

  test('what went through once goes through again unchanged', () => {
    fc.assert(
      fc.property(text, (whole) => {
        const once = redactor.redact(whole).text;
        expect(redactor.redact(once)).toEqual({ text: once, redactions: 0 });
        expect(once).not.toContain('S3cr3tPassphrase');
        expect(once).not.toContain('b3BlbnNzaC1rZXktdjEA');
      }),
    );
  });

  test('bytes that are no text go through unchanged', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
        const stream = makeRedactor({ secrets: [] }).stream();
        const kept = Buffer.concat([stream.push(bytes), stream.end()]);
        if (stream.redactions() === 0) expect(kept.equals(bytes)).toBe(true);
      }),
    );
  });

  test('a secret anywhere in an endless line is found, and little is held back', () => {
    fc.assert(
      fc.property(fc.nat(200_000), fc.integer({ min: 500, max: 70_000 }), (place, chunkBytes) => {
        const line = `${'x'.repeat(place)} S3cr3tPassphrase ${'y'.repeat(100_000)}`;
        const stream = redactor.stream();
        let kept = '';
        for (let at = 0; at < line.length; at += chunkBytes) {
          kept += stream.push(line.slice(at, at + chunkBytes)).toString();
          expect(at + chunkBytes - kept.length).toBeLessThan(64 * 1024 + 2 * chunkBytes + 32);
        }
        kept += stream.end().toString();
        expect(kept).toBe(line.replace('S3cr3tPassphrase', '[redacted]'));
      }),
      { numRuns: 20 },
    );
  });

  test('a private key whose end never comes swallows a bounded part of what follows', () => {
    const after = `${'ordinary output\n'.repeat(10_000)}the end`;
    const { text: kept, redactions } = redactor.redact(`-----BEGIN RSA PRIVATE KEY-----\n${after}`);
    expect(redactions).toBe(1);
    expect(kept.endsWith('the end')).toBe(true);
    expect(after.length - kept.length).toBeLessThanOrEqual(64 * 1024);
  });
});
