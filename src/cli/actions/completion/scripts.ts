/**
 * Completion scripts by shell. Each calls `wsap __complete`, which answers in the protocol of Cobra that kubectl plugins use: one candidate
 * per line, with a tab and its description, then a directive. `:0` allows files, too; `:4` doesn't. The script
 * for bash runs in bash 3.2, the version of macOS.
 */
export const COMPLETION_SCRIPTS = {
  bash: `_wsap() {
  local directive="" line tab=$'\\t'
  COMPREPLY=()
  while IFS='' read -r line; do
    case "$line" in
      :*) directive="$line" ;;
      *) COMPREPLY[\${#COMPREPLY[@]}]="\${line%%$tab*}" ;;
    esac
  done < <(wsap __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if [[ "$directive" == ":0" && \${#COMPREPLY[@]} -eq 0 ]]; then
    while IFS='' read -r line; do
      COMPREPLY[\${#COMPREPLY[@]}]="$line"
    done < <(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}")
  fi
}
complete -F _wsap wsap
`,
  zsh: `#compdef wsap
_wsap() {
  local -a lines candidates
  local line
  lines=("\${(@f)$(wsap __complete -- "\${words[@]:1:$((CURRENT-1))}" 2>/dev/null)}")
  for line in "\${lines[@]:0:-1}"; do
    candidates+=("\${line/$'\\t'/:}")
  done
  local nothing=1
  (( \${#candidates} )) && _describe wsap candidates && nothing=0
  [[ "\${lines[-1]}" == ":0" ]] && _files && nothing=0
  return nothing
}
compdef _wsap wsap
`,
  fish: `function __wsap_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l lines (wsap __complete -- $words[2..-1] 2>/dev/null)
  set -l directive $lines[-1]
  set -e lines[-1]
  if test "$directive" = ':0'; and test (count $lines) -eq 0
    __fish_complete_path (commandline -ct)
  else
    printf '%s\\n' $lines
  end
end
complete -c wsap -f -a '(__wsap_complete)'
`,
} as const;
export type Shell = keyof typeof COMPLETION_SCRIPTS;
