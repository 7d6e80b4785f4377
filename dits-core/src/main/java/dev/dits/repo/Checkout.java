package dev.dits.repo;

import dev.dits.object.DirectoryRef;
import dev.dits.object.ObjectId;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Brings the working tree to another commit; whoever runs it holds the tree's lock. */
final class Checkout {
    private final WorkTree work;

    Checkout(WorkTree work) {
        this.work = work;
    }

    /** See {@link Repository#follow}. */
    Optional<CheckoutReport> follow(CheckoutOptions checkout) throws IOException {
        Refs.Head head = work.refs.head();
        Optional<ObjectId> tip = head.branch() == null ? Optional.empty() : work.refs.read(head.branch());
        BaseState state = work.state(head);
        if (tip.isEmpty()
                || (state.target() == null
                        && state.selection().next() == null
                        && tip.get().equals(state.commit()))) {
            return Optional.empty();
        }
        return Optional.of(to(tip.get(), null, checkout));
    }

    /** Refuses what {@link #to} would refuse, and does nothing. */
    void refuseIfInTheWay(ObjectId commit, CheckoutOptions checkout) throws IOException {
        BaseState state = work.state(work.refs.head());
        CheckoutConflicts conflicts = new CheckoutConflicts(true);
        SelectedTrees trees = new SelectedTrees(work.objects);
        Scope scope = state.selection().scope();
        try (StatCache.Cursor cache = work.statCache().cursor()) {
            DirectoryRef old = trees.of(work.tree(state.commit()), scope);
            DirectoryRef interrupted = trees.of(work.tree(state.target()), scope);
            DirectoryRef target = trees.of(work.readCommit(commit).tree(), scope);
            differ(state, checkout, trees).walk(old, interrupted, target, cache, conflicts);
        }
        conflicts.refuseIfAny();
    }

    private TreeDiffer differ(BaseState state, CheckoutOptions checkout, SelectedTrees trees) throws IOException {
        work.scratch.ensure();
        return new TreeDiffer(
                work.root,
                trees.source(),
                work.reader,
                NameRules.probe(work.disk, work.scratch.directory(), work.trackGit()),
                checkout.links(),
                state.held());
    }

    /** Brings the tree to a commit; then HEAD, unless it is to stay. */
    CheckoutReport to(ObjectId commit, Refs.@Nullable Head newHead, CheckoutOptions checkout) throws IOException {
        BaseState state = new Selecting(work).finish(work.state(work.refs.head()), checkout);
        SelectedTrees trees = new SelectedTrees(work.objects);
        Scope scope = state.selection().scope();
        DirectoryRef old = trees.of(work.tree(state.commit()), scope);
        DirectoryRef interrupted = trees.of(work.tree(state.target()), scope);
        DirectoryRef target = trees.of(work.readCommit(commit).tree(), scope);
        TreeDiffer differ = differ(state, checkout, trees);
        StatCache known = work.statCache();
        CheckoutConflicts conflicts = new CheckoutConflicts(true);
        try (StatCache.Cursor cache = known.cursor()) {
            differ.walk(old, interrupted, target, cache, conflicts);
        }
        conflicts.refuseIfAny();
        state.withTarget(commit).write(work.baseFile(), work.scratch);
        CheckoutReport report;
        try (StatCacheUpdate cacheWriter = StatCacheUpdate.ofSome(known, work.scratch);
                StatCache.Cursor cacheRead = known.cursor();
                WorkTreeWriter writer = work.writer(work.objects, checkout, cacheWriter)) {
            differ.walk(old, interrupted, target, cacheRead, writer);
            writer.finish();
            report = writer.report(commit);
            if (newHead != null) {
                work.refs.writeHead(newHead);
            }
            state.on(commit, differ.held()).write(work.baseFile(), work.scratch);
            cacheWriter.install(work.fileClock());
        }
        return report;
    }
}
