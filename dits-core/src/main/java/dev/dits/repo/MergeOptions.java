package dev.dits.repo;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a merge is made. Start from {@link #defaults()} and derive.
 *
 * @param author who makes the merge's commit, 0 to 255 bytes of UTF-8; null for the configuration's
 * @param message why, up to 65,536 bytes of UTF-8; null for one that says what was merged. Conflicts are named behind it in either case, as far as there is room
 * @param checkout how the working tree follows, where it does
 */
public record MergeOptions(
        @Nullable String author, @Nullable String message, CheckoutOptions checkout) {
    private static final MergeOptions DEFAULTS = new MergeOptions(null, null, CheckoutOptions.defaults());

    /** Checks that nothing is missing. */
    public MergeOptions {
        Objects.requireNonNull(checkout);
    }

    /**
     * Returns the defaults.
     *
     * @return the configuration's author, a message that says what was merged
     */
    public static MergeOptions defaults() {
        return DEFAULTS;
    }

    /**
     * Sets the author.
     *
     * @param value who, 0 to 255 bytes of UTF-8
     * @return the changed options
     */
    public MergeOptions withAuthor(String value) {
        return new MergeOptions(value, message, checkout);
    }

    /**
     * Sets the message.
     *
     * @param value why, up to 65,536 bytes of UTF-8
     * @return the changed options
     */
    public MergeOptions withMessage(String value) {
        return new MergeOptions(author, value, checkout);
    }

    /**
     * Sets how the working tree follows.
     *
     * @param value how
     * @return the changed options
     */
    public MergeOptions withCheckout(CheckoutOptions value) {
        return new MergeOptions(author, message, value);
    }
}
