package dev.dits.cli;

import picocli.CommandLine.Option;

/** {@code --json}, for every command that lists or reports. */
final class JsonOption {
    @Option(names = "--json", description = "Write JSON to standard output; fields as in docs/guide/json.md.")
    private boolean requested;

    boolean requested() {
        return requested;
    }
}
