package dev.dits.repo;

import java.util.Objects;

/**
 * How a branch is moved by hand. Start from {@link #defaults()} and derive.
 *
 * @param discarding whether changes of files that are in no commit are thrown away; otherwise nothing is done where they are in the way
 * @param checkout how the working tree is written
 */
public record ResetOptions(boolean discarding, CheckoutOptions checkout) {
    private static final ResetOptions DEFAULTS = new ResetOptions(false, CheckoutOptions.defaults());

    /** Checks that nothing is missing. */
    public ResetOptions {
        Objects.requireNonNull(checkout);
    }

    /**
     * Returns the defaults.
     *
     * @return nothing is thrown away
     */
    public static ResetOptions defaults() {
        return DEFAULTS;
    }

    /**
     * Sets whether changes that are in no commit are thrown away. They can not be had back.
     *
     * @param value whether
     * @return the changed options
     */
    public ResetOptions withDiscarding(boolean value) {
        return new ResetOptions(value, checkout);
    }

    /**
     * Sets how the working tree is written.
     *
     * @param value how
     * @return the changed options
     */
    public ResetOptions withCheckout(CheckoutOptions value) {
        return new ResetOptions(discarding, value);
    }
}
