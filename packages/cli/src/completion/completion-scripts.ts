import { completionRequest } from './completion-request.ts';

// Each asks the program that is being typed, so that it completes what the project's own version knows.

const bash = `_stack_completion() {
  local IFS=$' \\t\\n' line="\${COMP_LINE:0:COMP_POINT}" current kept='' breaks answer=''
  local -a words
  read -ra words <<<"$line"
  if [[ "$line" == *[[:space:]] ]]; then words+=(''); fi
  current="\${words[\${#words[@]}-1]}"
  # Readline replaces only what stands after the last of its word breaks.
  breaks="\${COMP_WORDBREAKS//[^=:]/}"
  if [[ -n "$breaks" ]]; then kept="\${current%"\${current##*[$breaks]}"}"; fi
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ -z "$answer" ]]; then
      answer="$line"
    else
      line="\${line%%$'\\t'*}"
      COMPREPLY+=("\${line#"$kept"}")
    fi
  done < <("\${words[0]}" ${completionRequest} "\${words[@]:1}" 2>/dev/null)
  if [[ "$answer" == files ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "\${current#"$kept"}")
  fi
}
complete -F _stack_completion stack`;

const zsh = `#compdef stack
_stack() {
  local line
  local -a lines candidates
  lines=("\${(@f)$("\${(Q)words[1]}" ${completionRequest} "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ "\${lines[1]}" == files ]]; then
    compset -P '--*='
    _files
    return
  fi
  for line in "\${(@)lines[2,-1]}"; do
    candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe stack candidates
}
if [[ "\${funcstack[1]}" == _stack ]]; then _stack "$@"; else compdef _stack stack; fi`;

const fish = `function __stack_completion
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    set -l lines ($program ${completionRequest} $words "$current" 2>/dev/null)
    if test "$lines[1]" = files
        __fish_complete_path "$current"
    else
        printf '%s\\n' $lines[2..-1]
    end
end
complete -c stack -e
complete -c stack -f -a '(__stack_completion)'`;

/** What a shell runs so that it completes `stack`, by the name of the shell. */
export const completionScripts = { bash, zsh, fish };
