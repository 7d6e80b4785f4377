package dev.dits;

import dev.dits.control.ControlFuzzTarget;
import dev.dits.control.Fields;
import dev.dits.error.ProtocolException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * What the facade makes of what another process tells. The input: {@code which u8}, then a JSON object: a share (0), a mount (1), an invitation (2), what an
 * invitation is to grant (3), a peer (4), a transfer's result (5), progress and counters (6), an address (7).
 *
 * <p>Taken or refused by {@link IOException}, what is to be granted also by {@link IllegalArgumentException}; what is taken is told the same way again.
 */
public final class ControlFieldsFuzzTarget {
    private static final RunningNode.Handle HANDLE = new RunningNode.Handle(Path.of("nowhere"), 1, "1");

    private ControlFieldsFuzzTarget() {}

    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        try {
            Fields fields = ControlFuzzTarget.fields(Arrays.copyOfRange(input, 1, input.length));
            switch (input[0] & 7) {
                case 0 -> share(RunningShare.of(HANDLE, fields));
                case 1 -> mount(RunningMount.of(HANDLE, fields));
                case 2 -> {
                    Invite invite = ControlFields.invite(fields);
                    check(ControlFields.invite(ControlFields.of(invite)).equals(invite), "another invitation");
                }
                case 3 -> granted(fields);
                case 4 -> {
                    Peer peer = ControlFields.peer(fields);
                    check(ControlFields.peer(ControlFields.of(peer)).equals(peer), "another peer");
                }
                case 5 -> {
                    TransferResult result = ControlFields.result(fields);
                    check(
                            ControlFields.result(ControlFields.of(result))
                                    .commit()
                                    .equals(result.commit()),
                            "a commit");
                }
                case 6 -> {
                    Progress progress = ControlFields.progress(fields);
                    check(progress.phase() != null, "no phase");
                    check(ControlFields.cacheStats(fields).equals(ControlFields.cacheStats(fields)), "other counters");
                }
                default -> check(!ControlFields.address(fields).isUnresolved(), "an address that is a name");
            }
        } catch (ProtocolException e) {
            return;
        } catch (IOException e) {
            throw new AssertionError("refused otherwise", e);
        }
    }

    /** Nothing of it throws, whatever was told. */
    private static void share(RunningShare share) {
        check(share.since() != null && share.codeState() != null && share.root() != null, "a part is missing");
        check(share.peerNames() != null && share.lagging() != null && share.addresses() != null, "a list is missing");
        check(share.tickets() == share.tickets() && share.bytesSent() == share.bytesSent(), "it changes");
    }

    private static void mount(RunningMount mount) {
        check(mount.since() != null && mount.root() != null && mount.sync() != null, "a part is missing");
        check(mount.problems() != null && mount.lagging() != null, "a list is missing");
        check(mount.transfer().isEmpty() || mount.transfer().get().phase() != null, "no phase");
        check(mount.ended().map(reason -> !reason.isEmpty()).orElse(true), "an end without a reason");
    }

    private static void granted(Fields fields) throws ProtocolException {
        try {
            InviteOptions options = ControlFields.inviteOptions(fields);
            check(ControlFields.inviteOptions(ControlFields.of(options)).equals(options), "something else is granted");
        } catch (IllegalArgumentException e) {
            return;
        }
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
