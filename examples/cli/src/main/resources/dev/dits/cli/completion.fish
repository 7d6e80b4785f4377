# fish completion for dits.

# Whether the words so far name this command: nothing, "status", "p2p share".
function __dits_at
    set -l words (commandline -opc)
    set -e words[1]
    set -l path
    set -l skip 0
    for word in $words
        if test $skip = 1
            set skip 0
            continue
        end
        switch $word
            case -C
                set skip 1
            case '-*'
            case '*'
                set -a path $word
                # Only p2p has commands below it; behind any other come arguments.
                if test "$path[1]" != p2p; or test (count $path) = 2
                    break
                end
        end
    end
    test "$path" = "$argv[1]"
end

# Branches and tags of the repository around this directory, read from its files.
function __dits_names
    set -l directory $PWD
    while not test -f "$directory/.dits/config"
        test -n "$directory"; or return
        set directory (string replace -r '/[^/]*$' '' -- $directory)
    end
    for kind in heads tags remotes
        test -d "$directory/.dits/refs/$kind"; and find "$directory/.dits/refs/$kind" -type f | string replace "$directory/.dits/refs/$kind/" ''
    end
    echo HEAD
end

for __dits_command in branch checkout diff log merge reset show tag
    complete -c dits -n "__dits_at $__dits_command" -a '(__dits_names)'
end
complete -c dits -n '__dits_at restore' -s s -l source -x -a '(__dits_names)'
complete -c dits -n '__dits_at completion' -f -a 'bash zsh fish'
set -e __dits_command
