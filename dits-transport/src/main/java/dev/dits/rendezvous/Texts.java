package dev.dits.rendezvous;

import dev.dits.object.Escaper;
import org.jspecify.annotations.Nullable;

/** What a tracker says to people: a stranger's text. */
final class Texts {
    private static final int CHARS_MAX = 200;

    private Texts() {}

    /** The text behind a colon, or nothing. */
    static String behind(@Nullable Object text) {
        return text instanceof String said && !said.isBlank()
                ? ": " + Escaper.escape(said.substring(0, Math.min(said.length(), CHARS_MAX)))
                : "";
    }
}
