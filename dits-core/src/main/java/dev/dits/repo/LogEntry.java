package dev.dits.repo;

import dev.dits.object.Commit;
import dev.dits.object.ObjectId;

/**
 * A commit and its id.
 *
 * @param id the commit's id
 * @param commit what it says; its texts are from outside, so escape them before showing
 */
public record LogEntry(ObjectId id, Commit commit) {}
