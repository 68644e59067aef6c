import type { Report } from './report.js';

/** VERIFY.md: how to check a record with a POSIX shell, sha256sum, openssl (3 or newer) and ssh-keygen alone. */
export function renderVerifyGuide(report: Report): string {
  return `# How to verify this record without firedrill

Run ${report.runId}. You need a POSIX shell, \`sha256sum\`, \`openssl\` 3 or newer and \`ssh-keygen\`. Make a copy of the folder
that holds this file and type everything in the copy, in one shell: an audit of the record itself would find the files that you make
here. Each block says what it proves; no block trusts another.

## 1. The journal's chain

Every line names the SHA-256 of the line before it. One changed, missing or swapped line breaks every line after it.

\`\`\`sh
prev=0000000000000000000000000000000000000000000000000000000000000000
n=0
while IFS= read -r line; do
  n=$((n + 1))
  said=$(printf '%s' "$line" | grep -o '"prev":"[0-9a-f]*"' | head -n 1 | cut -d '"' -f 4)
  if [ "$said" != "$prev" ]; then echo "line $n: the chain is BROKEN"; break; fi
  prev=$(printf '%s' "$line" | sha256sum | cut -d ' ' -f 1)
done < journal.jsonl
echo "$n lines, head $prev"
\`\`\`

It must print:

\`\`\`
${report.journal.length} lines, head ${report.head}
\`\`\`

A journal whose tail was cut off still chains. So compare the number of lines with \`entries\` in its last line, and the first
twelve digits of the head, \`${report.shortCode}\`, with a message, a photograph of the screen or a note that left this machine.

## 2. The files

\`statement.json\` holds the SHA-256 of every file of the record but itself, its envelope, the signatures and the addenda.

\`\`\`sh
tr -d '\\n' < statement.json |
  grep -o '{"digest":{"sha256":"[0-9a-f]*"},"name":"[^"]*"}' |
  sed 's/.*"sha256":"\\([0-9a-f]*\\)"},"name":"\\([^"]*\\)"}/\\1  \\2/' |
  sort -u -k 2 > subjects.sha256
sha256sum --check --strict subjects.sha256
wc -l < subjects.sha256
\`\`\`

Every line must say OK, and every file in this folder must be listed, but \`statement.json\`, \`statement.dsse.json\`, what lies
in \`signatures/\` and \`addenda/\`, and what you made yourself:

\`\`\`sh
find . -type f | sed 's,^\\./,,' | sort | while IFS= read -r file; do
  cut -c 67- subjects.sha256 | grep -q -x -F -e "$file" || echo "not listed: $file"
done
\`\`\`

## 3. The engine's signature

The envelope is DSSE: the signature covers the payload type and the exact bytes of \`statement.json\`. Take the engine's public key
from somewhere you trust, as \`signer.pub.pem\`. The key that this record itself names is \`signatures/engine.pub.pem\`: a check with
that one shows only that the record agrees with itself, so compare the two files.

\`\`\`sh
field() { tr -d '\\n' < statement.dsse.json | grep -o "\\"$1\\": *\\"[^\\"]*\\"" | head -n 1 | cut -d '"' -f 4; }
field payload | openssl base64 -d -A > payload.bin
cmp payload.bin statement.json && echo "the envelope holds statement.json"
type=$(field payloadType)
{ printf 'DSSEv1 %d %s %d ' "\${#type}" "$type" "$(($(wc -c < payload.bin)))"; cat payload.bin; } > signed.bin
field sig | openssl base64 -d -A > signature.bin
openssl pkeyutl -verify -pubin -inkey signer.pub.pem -rawin -in signed.bin -sigfile signature.bin
openssl pkey -pubin -in signer.pub.pem -outform DER | sha256sum
\`\`\`

It must print "Signature Verified Successfully", and the last line must begin with the \`keyid\` of the envelope.

## 4. People's signatures

Each \`.sig\` file in \`signatures/\` is a signature over \`statement.json\`, made with \`ssh-keygen -Y sign -n firedrill\`. You need a
file \`allowed_signers\` from somewhere you trust: one line a person, their name and their public key.

\`\`\`sh
for file in signatures/*.sig; do
  [ -e "$file" ] || { echo "nobody signed"; break; }
  name=$(ssh-keygen -Y find-principals -s "$file" -f allowed_signers | head -n 1)
  ssh-keygen -Y verify -f allowed_signers -I "$name" -n firedrill -s "$file" < statement.json
done
\`\`\`

## 5. What this does not prove

- That the clock of the machine was right, or that the people were who they said they were.
- That the report follows from the journal: \`firedrill audit\` computes every figure again and compares.
- That nothing happened beside the record.
`;
}
