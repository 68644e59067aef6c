/** A shape that gives a secret away. The group that matched ends the match and is what is blotted out; without one all of it. */
export interface SecretPattern {
  /** Names the kind of secret, never its value. */
  readonly kind: string;
  /** Global; reads bytes as latin1; never crosses a line end; matches at most `longestMatch` bytes. */
  readonly expression: RegExp;
}

/** No pattern matches more bytes than this, so that a cut inside an endless line knows how much to hold back. */
export const longestMatch = 8192;

/** What stands in the place of a secret. */
export const blot = '[redacted]';

// Plainly no secret: blotted out already, a variable, a placeholder, stars, nothing. Without it redaction would count twice.
const real = String.raw`(?!\[redacted\]|\$\{|\$[A-Z_]{2}|<[a-z][a-z ._-]*>|\*{3}|%[sdv]\b|(?:null|none|true|false|undefined)(?![^\s,;}\])"'\\]))`;
const keyword = [
  String.raw`passw(?:or)?d`,
  'passphrase',
  String.raw`(?:secret|access|api|private|routing|encryption)[_-]?(?:access[_-]?)?key`,
  String.raw`(?:client|shared)[_-]?secret`,
  String.raw`(?<![a-z0-9_-])(?:secret|token)`,
  String.raw`(?:auth|access|api|session|security|refresh)[_-]?token`,
].join('|');
const name = String.raw`(?:${keyword})`;
const gap = String.raw`[ \t]{0,8}`;

/** What follows the name: quoted either way, quoted inside a JSON string, bare after `=`, alone on its line after `:`. */
const assigned = [
  String.raw`"?${gap}[=:]>?${gap}"${real}((?:[^"\\\r\n]|\\.){1,2048})`,
  String.raw`'?${gap}[=:]>?${gap}'${real}((?:[^'\r\n]|''){1,2048})`,
  String.raw`\\"${gap}[=:]${gap}\\"${real}((?:[^"\\\r\n]|\\\\){1,2048})`,
  String.raw`["']?${gap}=>?${gap}${real}([^\s"'\\=>][^\s"'\\&;]{0,2047})`,
  String.raw`["']?:[ \t]{1,8}${real}([^\s"'\\][^\s"'\\]{5,2047})(?=[ \t]{0,8}(?:[\r\n]|$))`,
].join('|');
const verifierPart = '[A-Za-z0-9+/=]{8,128}';

/** Where a private key in PEM or OpenPGP armour begins and ends; between the two may lie many lines. */
export const armourBegin = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
export const armourEnd = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;

const shape = (kind: string, source: string, flags = 'g'): SecretPattern => ({
  kind,
  expression: new RegExp(source, flags),
});

/** Shapes of secrets that nobody had to declare. */
export const secretPatterns: readonly SecretPattern[] = [
  { kind: 'private key', expression: armourBegin },
  shape(
    'connection address with a password',
    String.raw`:\/\/[^\s\/:@'"<>]{0,256}:${real}([^\s\/'"<>]{1,1024})(?=@)`,
  ),
  shape('password or key', `${name}(?:${assigned})`, 'gi'),
  shape('password in SQL', String.raw`password[ \t]{1,8}E?'${real}((?:[^'\r\n]|''){1,2048})`, 'gi'),
  shape(
    'password verifier',
    String.raw`SCRAM-SHA-256\$\d{1,9}:(${verifierPart}\$${verifierPart}:${verifierPart})`,
  ),
  shape('AWS access key', String.raw`(?<![A-Za-z0-9])(?:AKIA|ASIA)[0-9A-Z]{16}(?![A-Za-z0-9])`),
  shape('age secret key', String.raw`AGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]{20,4096}`, 'gi'),
  shape(
    'authorization header',
    String.raw`authorization["']?${gap}[:=]${gap}["']?(?:basic|bearer|token)[ \t]{1,8}([A-Za-z0-9._~+\/=-]{8,4096})`,
    'gi',
  ),
  shape('bearer token', String.raw`bearer[ \t]{1,8}([A-Za-z0-9._~+\/-]{20,4096}={0,2})`, 'gi'),
  shape(
    'access token',
    String.raw`(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_\w{30,255}|xox[abeoprs]-[A-Za-z0-9-]{10,255}|glpat-[\w-]{20,255}|sk_live_[A-Za-z0-9]{16,255})`,
  ),
  shape('access token', String.raw`hooks\.slack\.com\/services\/([A-Za-z0-9_\/]{20,255})`),
  shape('access token', String.raw`eyJ[\w-]{10,2048}\.eyJ[\w-]{10,4096}\.[\w-]{10,1024}`),
];
