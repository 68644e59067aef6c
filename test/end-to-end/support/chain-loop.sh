#!/bin/sh
# Checks the chain of a journal with nothing but a shell and sha256sum: prints how many lines it holds, or the first that breaks it.
expected=0000000000000000000000000000000000000000000000000000000000000000
count=0
while IFS= read -r line; do
  count=$((count + 1))
  found=${line#*\"prev\":\"}
  found=${found%%\"*}
  if [ "$found" != "$expected" ]; then echo "line $count does not follow"; exit 1; fi
  expected=$(printf '%s' "$line" | sha256sum)
  expected=${expected%% *}
done < "$1"
echo "$count lines, head $expected"
