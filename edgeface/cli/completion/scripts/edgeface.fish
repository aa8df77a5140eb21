# Completion of edgeface for fish: edgeface completion fish > ~/.config/fish/completions/edgeface.fish
function __edgeface_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l answer (_EDGEFACE_COMPLETE=fish $words[1] $words[2..-1] "$current" 2>/dev/null)
    test (count $answer) -gt 1; and printf '%s\n' $answer[2..-1]
    test "$answer[1]" = files; and __fish_complete_path "$current"
end
complete --command edgeface --no-files --arguments '(__edgeface_complete)'
