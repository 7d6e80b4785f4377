package dev.dits.cli;

import dev.dits.RunningNode;
import dev.dits.RunningShare;
import dev.dits.error.DitsException;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --share}, for commands on one share of this user, in whatever process. */
final class ShareChoice {
    @Option(
            names = "--share",
            paramLabel = "TARGET",
            description =
                    "Which: directory, code, name or id. Default: the one around this directory, or the only one.")
    private @Nullable String target;

    @Nullable
    String target() {
        return target;
    }

    /**
     * Finds it.
     *
     * @throws DitsException if there is none, or more than one
     */
    RunningShare choose(Context context) throws IOException, InterruptedException {
        List<RunningNode> nodes = Held.nodes(context);
        Held.warnOfSilent(context, nodes);
        List<RunningShare> chosen = Held.chooseShares(context, nodes, target);
        if (chosen.size() > 1) {
            throw new DitsException("several shares are meant; name one by its id: --share "
                    + chosen.stream().map(RunningShare::id).collect(Collectors.joining(" or ")));
        }
        return chosen.get(0);
    }
}
