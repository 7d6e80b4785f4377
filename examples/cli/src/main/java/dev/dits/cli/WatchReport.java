package dev.dits.cli;

import dev.dits.watch.WatchEvent;

/** What is said of a folder that is watched. */
final class WatchReport {
    private WatchReport() {}

    static String problem(WatchEvent.Trouble trouble, String reason) {
        return switch (trouble) {
            case EVENTS_INCOMPLETE ->
                "changes may be found late, by looking at everything now and then: " + safe(reason);
            case UNREADABLE -> "left out until it can be read: " + safe(reason);
            case NOT_COMMITTED -> "changes wait, and it is tried again: " + safe(reason);
            case TREE_MISSING -> "nothing is watched: " + safe(reason);
        };
    }

    static String resolved(WatchEvent.Trouble trouble) {
        return switch (trouble) {
            case EVENTS_INCOMPLETE -> "The system tells of all changes again.";
            case UNREADABLE -> "Everything can be read again.";
            case NOT_COMMITTED -> "Changes are committed again.";
            case TREE_MISSING -> "The folder is back, and watched.";
        };
    }

    private static String safe(String reason) {
        return Format.safe(reason);
    }
}
