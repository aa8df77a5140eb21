#compdef edgeface
# Completion of edgeface for zsh: eval "$(edgeface completion zsh)" after compinit, or as the file _edgeface in $fpath
_edgeface() {
  local -a answer words_found options
  local each
  answer=("${(@f)$(_EDGEFACE_COMPLETE=zsh ${~words[1]} "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
  for each in "${(@)answer[2,-1]}"; do
    words_found+=("${${each%%$'\t'*}//:/\\:}${${(M)each%$'\t'*}:+:${each#*$'\t'}}")
  done
  [[ $PREFIX == -* ]] && options=(-o)
  _describe $options -t edgeface 'edgeface' words_found
  [[ ${answer[1]} == files ]] && _files
}
if [[ ${funcstack[1]} == _edgeface ]]; then _edgeface "$@"; else compdef _edgeface edgeface; fi
