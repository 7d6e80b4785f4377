package dev.dits;

import dev.dits.watch.WatchOptions;
import java.net.InetAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a share, immutable.
 *
 * @param name what peers see it as; null for the directory's name
 * @param port UDP port; 0 for 4433 or the next free one. A port that was asked for and is taken is an error.
 * @param bindAddress local address to listen on; null for all
 * @param readOnly whether peers may only read; by default they may push
 * @param init whether to make a repository of a directory that is none, and to commit what is there
 * @param validFor how long the join code and the ticket can be used to join; null for as long as the share lives
 * @param once whether the join code and the ticket let in one peer only, by whichever of the two it comes
 * @param persist whether tickets are kept in the repository, so that they are good again whenever it is shared with this option; codes always die
 *     with the share, and what was granted is always kept
 * @param watch how what changes in the working tree is committed by itself, as long as the share lives; null for not at all
 */
public record ShareOptions(
        @Nullable String name,
        int port,
        @Nullable InetAddress bindAddress,
        boolean readOnly,
        boolean init,
        @Nullable Duration validFor,
        boolean once,
        boolean persist,
        @Nullable WatchOptions watch) {
    /** The port a share takes when none is asked for and it is free. */
    public static final int DEFAULT_PORT = 4433;

    /** Checks ranges. */
    public ShareOptions {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("a port lies within 0 and 65535, not " + port);
        }
        InviteOptions.requirePositive(validFor, "a share's code is valid");
    }

    /**
     * Returns the defaults: read-write, port 4433 or the next free one, on all addresses.
     *
     * @return the defaults
     */
    public static ShareOptions defaults() {
        return new ShareOptions(null, 0, null, false, false, null, false, false, null);
    }

    /**
     * Changes what peers see the share as.
     *
     * @param value a name, or null for the directory's
     * @return changed options
     */
    public ShareOptions withName(@Nullable String value) {
        return new ShareOptions(value, port, bindAddress, readOnly, init, validFor, once, persist, watch);
    }

    /**
     * Asks for a port.
     *
     * @param value 1 to 65535, or 0 for the default
     * @return changed options
     */
    public ShareOptions withPort(int value) {
        return new ShareOptions(name, value, bindAddress, readOnly, init, validFor, once, persist, watch);
    }

    /**
     * Listens on one address, and discovers on its interface alone.
     *
     * @param value an address of this machine, or null for all
     * @return changed options
     */
    public ShareOptions withBindAddress(@Nullable InetAddress value) {
        return new ShareOptions(name, port, value, readOnly, init, validFor, once, persist, watch);
    }

    /**
     * Changes whether peers may only read.
     *
     * @param value true to refuse pushes
     * @return changed options
     */
    public ShareOptions withReadOnly(boolean value) {
        return new ShareOptions(name, port, bindAddress, value, init, validFor, once, persist, watch);
    }

    /**
     * Changes whether a directory that is no repository becomes one.
     *
     * @param value true to initialise and commit
     * @return changed options
     */
    public ShareOptions withInit(boolean value) {
        return new ShareOptions(name, port, bindAddress, readOnly, value, validFor, once, persist, watch);
    }

    /**
     * Bounds how long the invitation can be used.
     *
     * @param value a second or longer, or null for the life of the share
     * @return changed options
     */
    public ShareOptions withValidFor(@Nullable Duration value) {
        return new ShareOptions(name, port, bindAddress, readOnly, init, value, once, persist, watch);
    }

    /**
     * Changes whether the join code and the ticket let in one peer only.
     *
     * @param value true for one
     * @return changed options
     */
    public ShareOptions withOnce(boolean value) {
        return new ShareOptions(name, port, bindAddress, readOnly, init, validFor, value, persist, watch);
    }

    /**
     * Changes whether tickets outlive the share.
     *
     * @param value true to keep them in the repository
     * @return changed options
     */
    public ShareOptions withPersist(boolean value) {
        return new ShareOptions(name, port, bindAddress, readOnly, init, validFor, once, value, watch);
    }

    /**
     * Changes whether what changes in the working tree is committed by itself, and so reaches the mounts.
     *
     * @param value how, or null for not at all
     * @return changed options
     */
    public ShareOptions withWatch(@Nullable WatchOptions value) {
        return new ShareOptions(name, port, bindAddress, readOnly, init, validFor, once, persist, value);
    }
}
