package dev.dits.repo;

import java.util.List;

/**
 * What {@link Repository#admit} found.
 *
 * @param commits how many commits were checked: those that no reference reached before
 * @param newKeys keys that sign for a name to which another key is bound, seen for the first time. They are not refused: it may be another device of
 *     the same person; but it may be somebody else, so say it
 */
public record AdmissionReport(long commits, List<Signer> newKeys) {
    /** Copies the list. */
    public AdmissionReport {
        newKeys = List.copyOf(newKeys);
    }
}
