import { describe, expect, test } from 'vitest';
import { parseDocument } from '../../src/language/index.js';
import { bombs, floods } from './bombs.js';
import { places } from './reading.js';
import { rubricText } from './examples.js';

const head = 'apiVersion: firedrill/v1\nkind: Rubric\n';

function read(source: string | Uint8Array) {
  const content = typeof source === 'string' ? { text: source } : { bytes: source };
  return parseDocument({ path: 'file.yaml', ...content });
}

describe('what YAML offers and documents must not use', () => {
  test.each<[string, string, string[]]>([
    ['nothing', '', ['1:1 empty-file']],
    ['blanks and comments', '  \n# nothing here\n', ['1:1 empty-file']],
    ['a lone marker', '---\n', ['1:1 empty-file']],
    ['null', '~', ['1:1 empty-file']],
    ['a list', '- a\n- b\n', ['1:1 not-a-mapping']],
    ['a number', '42', ['1:1 not-a-mapping']],
    ['plain prose', 'just some words', ['1:1 not-a-mapping']],
    ['an anchor', `${head}id: &name evidence\n`, ['3:5 no-anchors']],
    ['an alias', `${head}id: *name\n`, ['3:5 no-aliases']],
    ['both, each at its place', 'a: &x 1\nb: *x\n', ['1:4 no-anchors', '2:4 no-aliases']],
    ['a merge key', `${head}<<: {id: evidence}\n`, ['3:1 no-merge-keys']],
    ['a custom tag', `${head}id: !secret evidence\n`, ['3:5 no-tags']],
    ['a standard tag', `${head}id: !!binary aGk=\n`, ['3:5 no-tags']],
    ['a directive', `%YAML 1.1\n---\n${head}`, ['1:1 no-directives']],
    ['two documents', `${head}---\n${head}`, ['3:1 several-documents']],
    ['a tab as indentation', `${head}categories:\n\t- {key: R}\n`, ['4:1 tab-indent']],
    ['a key that stands twice', `${head}id: a\ntitle: b\nid: c\n`, ['5:1 duplicate-key']],
    ['twice in a flow mapping', `${head}x: {a: 1, b: 2, a: 3}\n`, ['3:17 duplicate-key']],
    ['__proto__', `${head}__proto__: {polluted: true}\n`, ['3:1 forbidden-key']],
    ['a mapping as key', `${head}{a: b}: c\n`, ['3:1 key-not-text']],
    ['an open bracket', `${head}caps: [CF-01\n`, ['4:1 yaml-syntax']],
    ['an open quote', `${head}id: "abc\n`, ['4:1 yaml-syntax']],
    ['a wrong indentation', `${head}programme:\n    name: a\n  other: b\n`, ['5:1 yaml-syntax']],
    ['a number that no double holds', `${head}id: 74123456789012345678\n`, ['3:5 bad-number']],
    ['not a number', `${head}id: .nan\n`, ['3:5 bad-number']],
    ['infinity', `${head}id: -.inf\n`, ['3:5 bad-number']],
    ['a NUL', `${head}id: a\0b\n`, ['3:6 nul-byte']],
    ['an escape sequence, escaped', `${head}id: "\\e[31mred"\n`, ['3:5 control-character']],
    ['one in a key', `${head}"\\u009b2J": 1\n`, ['3:1 control-character']],
    ['an escape sequence', `${head}id: \u001b[31mred\n`, ['3:5 control-character']],
  ])('%s', (_, text, expected) => {
    const parsed = read(text);
    expect(places(parsed.diagnostics)).toEqual(expected);
    expect(parsed.document).toBeNull();
  });

  test('quoted text may begin like an anchor, an alias or a tag, and block text may hold anything', () => {
    const text = rubricText
      .replace('title: Evidence', 'title: "&a *b !c %d"')
      .replace('id: evidence', 'id: evidence # &x *y !z');
    expect(read(text).diagnostics).toEqual([]);
  });

  test('lines may end as on Windows, and a byte order mark may stand in front', () => {
    const windows = `\uFEFF${rubricText.replaceAll('\n', '\r\n')}`;
    expect(read(windows).document).toEqual(read(rubricText).document);
    expect(read(Buffer.from(windows)).diagnostics).toEqual([]);
    const broken = windows.replace('version: 1.0.0', 'version: one');
    expect(places(read(broken).diagnostics)).toEqual(['5:10 bad-version']);
  });

  test('a file that is not UTF-8 is refused at the first wrong byte', () => {
    const latin = Buffer.concat([Buffer.from(`${head}title: Caf`), Buffer.from([0xe9]), Buffer.from('\n')]);
    expect(places(read(latin).diagnostics)).toEqual(['3:11 not-utf8']);
    const utf16 = Buffer.from(`\uFEFF${rubricText}`, 'utf16le');
    expect(places(read(utf16).diagnostics)).toEqual(['1:1 not-utf8']);
    const euro = Buffer.from(rubricText.replace('Evidence', 'Évidence €'));
    expect(read(euro).diagnostics).toEqual([]);
  });

  test('one mebibyte is read, one byte more is not', () => {
    const fill = (bytes: number) => `${rubricText}#${'x'.repeat(bytes - Buffer.byteLength(rubricText) - 1)}`;
    expect(read(fill(1024 * 1024)).diagnostics).toEqual([]);
    expect(places(read(fill(1024 * 1024 + 1)).diagnostics)).toEqual(['1:1 file-too-large']);
    expect(places(read(Buffer.from(fill(1024 * 1024 + 1))).diagnostics)).toEqual(['1:1 file-too-large']);
  });

  test('a key of the prototype pollutes nothing and is a key like any other', () => {
    const parsed = read(`${head}constructor: {prototype: {polluted: 1}}\nid: a\n`);
    expect(places(parsed.diagnostics)).toContain('3:1 unknown-key');
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('bombs', () => {
  test.each(bombs)('%s', (_, text, code) => {
    const parsed = read(text);
    expect(parsed.diagnostics.map((one) => one.code)).toContain(code);
    expect(parsed.diagnostics.length).toBeLessThanOrEqual(21);
  });

  test.each(floods)('a mebibyte of %s ends, with bounded messages', (_, text) => {
    const parsed = read(text);
    expect(parsed.document).toBeNull();
    expect(parsed.diagnostics.length).toBeGreaterThan(0);
    expect(parsed.diagnostics.length).toBeLessThan(30);
  });
});
