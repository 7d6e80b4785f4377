package dev.dits;

import dev.dits.repo.LinkPolicy;
import dev.dits.repo.RefName;
import dev.dits.repo.Selection;
import dev.dits.watch.WatchOptions;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
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
 * @param selection which part of the tree it holds; null for what it holds already, which is all of it in a new one
 * @param branches which branches of the share it follows, none for all; null for those it follows already, all in a new one
 */
public record MountOptions(
        Duration timeout,
        @Nullable String code,
        LinkPolicy links,
        Sync sync,
        @Nullable WatchOptions watch,
        @Nullable Selection selection,
        @Nullable List<String> branches) {
    /** Checks ranges, and copies the list. */
    public MountOptions {
        branches = branches == null ? null : List.copyOf(branches);
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
        return new MountOptions(Duration.ofSeconds(30), null, LinkPolicy.INSIDE_ONLY, Sync.AUTO, null, null, null);
    }

    /**
     * Changes how long joining may take.
     *
     * @param value a positive time
     * @return changed options
     */
    public MountOptions withTimeout(Duration value) {
        return new MountOptions(value, code, links, sync, watch, selection, branches);
    }

    /**
     * Gives the join code apart from the address.
     *
     * @param value a code, or null
     * @return changed options
     */
    public MountOptions withCode(@Nullable String value) {
        return new MountOptions(timeout, value, links, sync, watch, selection, branches);
    }

    /**
     * Changes what happens to symbolic links.
     *
     * @param value a policy
     * @return changed options
     */
    public MountOptions withLinks(LinkPolicy value) {
        return new MountOptions(timeout, code, value, sync, watch, selection, branches);
    }

    /**
     * Changes whether the mount is kept in step with its share.
     *
     * @param value by itself, or when told
     * @return changed options
     */
    public MountOptions withSync(Sync value) {
        return new MountOptions(timeout, code, links, value, watch, selection, branches);
    }

    /**
     * Changes whether what changes in the working tree is committed by itself; with {@link Sync#AUTO}, it reaches the share, too.
     *
     * @param value how, or null for not at all
     * @return changed options
     */
    public MountOptions withWatch(@Nullable WatchOptions value) {
        return new MountOptions(timeout, code, links, sync, value, selection, branches);
    }

    /**
     * Mounts a part of the tree: only what patterns name is fetched and written; commits keep the rest as it is. Of a mount that is there already the selection is changed before it is returned.
     *
     * @param globs patterns as {@link Selection} describes them, such as {@code takes/**}; none for everything
     * @return changed options
     * @throws IllegalArgumentException if one can not be a pattern
     */
    public MountOptions withPaths(Collection<String> globs) {
        return new MountOptions(timeout, code, links, sync, watch, Selection.of(globs), branches);
    }

    /**
     * Follows some branches of the share only: neither history nor content of others is fetched, and a branch made here that is not among them stays here. A tag comes along where it names
     * a commit of their history, unless it has a message. A new mount is on the share's branch if that is among them, else on the first.
     *
     * @param names branches; none for all
     * @return changed options
     * @throws IllegalArgumentException if one can not be the name of a branch
     */
    public MountOptions withBranches(Collection<String> names) {
        names.forEach(RefName::branch);
        return new MountOptions(timeout, code, links, sync, watch, selection, List.copyOf(names));
    }

    /** Hides the code. */
    @Override
    public String toString() {
        return "MountOptions[timeout=" + timeout + ", links=" + links + ", sync=" + sync + ", watch=" + watch
                + ", selection=" + selection + ", branches=" + branches + "]";
    }
}
