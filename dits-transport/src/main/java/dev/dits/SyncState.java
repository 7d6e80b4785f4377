package dev.dits;

import java.util.List;
import java.util.Map;

/**
 * How a mount stands to its share, as far as is known here.
 *
 * @param mode whether they are kept in step by themselves
 * @param inStep whether neither side lacks anything and the working tree stands on its branch: as the last round left it, with none under way or asked for since,
 *     and a connection
 * @param unpushed commits of this side's branches that the share does not have; what a read-only mount keeps is among them
 * @param behind whether the share is known to have commits on the branch that is checked out which are not here
 * @param lagging paths where changes that are in no commit keep the working tree from following its branch, escaped for display; committing them, or
 *     taking them back, lets it go on
 * @param problems what could not be done when it was last tried, for people, by the branch that it concerns; under the empty name what concerns none of them
 */
public record SyncState(
        Sync mode, boolean inStep, long unpushed, boolean behind, List<String> lagging, Map<String, String> problems) {
    /** Copies what it is given. */
    public SyncState {
        lagging = List.copyOf(lagging);
        problems = Map.copyOf(problems);
    }
}
