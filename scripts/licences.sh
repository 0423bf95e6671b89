#!/usr/bin/env bash
# licences.sh [--list]: every module that the program or a package is built of has a licence
# that may be shipped in a program under MIT. Licences are told by their words, in the
# modules' own files, without a network. --list prints module, version and licence.
set -euo pipefail
cd "$(dirname "$0")/.."

# licence FILE: the name of the licence whose words the file has.
licence() {
  local text
  text=$(tr -s '[:space:]' ' ' <"$1")
  case $text in
    *'FreeType License'*) echo FTL ;; # or GPL-2.0, at choice
    *'GNU AFFERO'* | *'GNU LESSER'* | *'GNU GENERAL PUBLIC'*) echo GPL-family ;;
    *'Mozilla Public License'*) echo MPL-2.0 ;;
    *'Apache License'*'Version 2.0'*) echo Apache-2.0 ;;
    *'Permission is hereby granted, free of charge'*) echo MIT ;;
    *'Permission to use, copy, modify, and'*'distribute this software'*) echo ISC ;;
    *'Redistribution and use in source and binary forms'*'endorse or promote'*) echo BSD-3-Clause ;;
    *'Redistribution and use in source and binary forms'*) echo BSD-2-Clause ;;
    *'Creative Commons Attribution 4.0'*) echo CC-BY-4.0 ;;
    *'SIL OPEN FONT LICENSE'*) echo OFL-1.1 ;;
    *'free and unencumbered software released into the public domain'*) echo Unlicense ;;
    *) echo unknown ;;
  esac
}

bad=0
modules=$(go list -deps -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}' ./... | sort -u)
while read -r module version folder; do
  found=""
  while read -r file; do
    found=$(licence "$file")
    [ "$found" = unknown ] || break
  done < <(find "$folder" -maxdepth 1 -type f \( -iname 'licen[cs]e*' -o -iname 'copying*' -o -iname 'unlicense*' \) | sort)
  [ "${1:-}" != --list ] || printf '%s\t%s\t%s\n' "$module" "$version" "${found:-none}"
  case $found in
    MIT | BSD-2-Clause | BSD-3-Clause | Apache-2.0 | ISC | MPL-2.0 | FTL | CC-BY-4.0 | OFL-1.1 | Unlicense) ;;
    *)
      echo "licences: $module $version: ${found:-no licence file} is not on the list of scripts/licences.sh" >&2
      bad=1
      ;;
  esac
done <<<"$modules"
[ "$bad" = 0 ] && [ -n "$modules" ]
