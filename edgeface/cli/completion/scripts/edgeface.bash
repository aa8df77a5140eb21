# Completion of edgeface for bash 4.4 and newer: eval "$(edgeface completion bash)"
_edgeface_complete() {
  local answer paths word
  COMPREPLY=()
  answer=$(_EDGEFACE_COMPLETE=bash _EDGEFACE_BREAKS="$COMP_WORDBREAKS" \
    "${1/#\~/$HOME}" "${COMP_LINE:0:COMP_POINT}" 2>/dev/null) || return 0
  {
    read -r paths
    while IFS= read -r word; do COMPREPLY+=("$word"); done
  } <<<"$answer"
  if [[ $paths == only ]]; then
    compopt +o default +o bashdefault 2>/dev/null
  elif ((${#COMPREPLY[@]})); then # without words, bash completes paths itself
    compopt -o filenames 2>/dev/null
    while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$2")
  fi
  return 0
}
complete -o bashdefault -o default -F _edgeface_complete edgeface
