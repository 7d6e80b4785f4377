package dev.dits;

import dev.dits.repo.LinkPolicy;
import dev.dits.watch.WatchOptions;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a mount, immutable.
 *
 * @param timeout how long joining may take in all; 30 s by default
 * @param code the join code, where the target is an address alone; else null
 * @param links what to do with symbolic links from the share; a host application gets those that point inside the tree
 * @param sync whether it is kept in step with its share; {@link Sync#AUTO} by default
 * @param watch how what changes in the working tree is committed by itself, from the first pull on and as long as the mount is open; null for not at all
 */
public record MountOptions(
        Duration timeout,
        @Nullable String code,
        LinkPolicy links,
        Sync sync,
        @Nullable WatchOptions watch) {
    /** Checks ranges. */
    public MountOptions {
        Objects.requireNonNull(links);
        Objects.requireNonNull(sync);
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("the timeout is a positive time");
        }
    }

    /**
     * Returns the defaults.
     *
     * @return 30 seconds, links inside the tree only, kept in step
     */
    public static MountOptions defaults() {
        return new MountOptions(Duration.ofSeconds(30), null, LinkPolicy.INSIDE_ONLY, Sync.AUTO, null);
    }

    /**
     * Changes how long joining may take.
     *
     * @param value a positive time
     * @return changed options
     */
    public MountOptions withTimeout(Duration value) {
        return new MountOptions(value, code, links, sync, watch);
    }

    /**
     * Gives the join code apart from the address.
     *
     * @param value a code, or null
     * @return changed options
     */
    public MountOptions withCode(@Nullable String value) {
        return new MountOptions(timeout, value, links, sync, watch);
    }

    /**
     * Changes what happens to symbolic links.
     *
     * @param value a policy
     * @return changed options
     */
    public MountOptions withLinks(LinkPolicy value) {
        return new MountOptions(timeout, code, value, sync, watch);
    }

    /**
     * Changes whether the mount is kept in step with its share.
     *
     * @param value by itself, or when told
     * @return changed options
     */
    public MountOptions withSync(Sync value) {
        return new MountOptions(timeout, code, links, value, watch);
    }

    /**
     * Changes whether what changes in the working tree is committed by itself; with {@link Sync#AUTO}, it reaches the share, too.
     *
     * @param value how, or null for not at all
     * @return changed options
     */
    public MountOptions withWatch(@Nullable WatchOptions value) {
        return new MountOptions(timeout, code, links, sync, value);
    }

    /** Hides the code. */
    @Override
    public String toString() {
        return "MountOptions[timeout=" + timeout + ", links=" + links + ", sync=" + sync + ", watch=" + watch + "]";
    }
}
