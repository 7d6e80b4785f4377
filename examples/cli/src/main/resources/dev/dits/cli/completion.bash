
# Branches and tags of the repository around this directory, read from its files.
function __dits_names() {
  local directory=$PWD kind
  while [ ! -f "$directory/.dits/config" ]; do
    [ -n "$directory" ] || return 0
    directory=${directory%/*}
  done
  for kind in heads tags remotes; do
    [ -d "$directory/.dits/refs/$kind" ] && (cd "$directory/.dits/refs/$kind" && find . -type f | sed 's|^\./||')
  done
  echo HEAD
}

function __dits_complete() {
  local word index command= before=${COMP_WORDS[COMP_CWORD-1]} current=${COMP_WORDS[COMP_CWORD]}
  _complete_dits "$@"
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=${COMP_WORDS[index]}
    case $word in
      -C) ((index++)) ;;
      -*) ;;
      *) command=$word; break ;;
    esac
  done
  case $current in -*) return 0 ;; esac
  case $command in
    branch | checkout | diff | log | merge | reset | show | tag) ;;
    restore) case $before in -s | --source) COMPREPLY=() ;; *) return 0 ;; esac ;;
    *) return 0 ;;
  esac
  COMPREPLY+=($(compgen -W "$(__dits_names)" -- "$current"))
}

complete -F __dits_complete -o default dits
