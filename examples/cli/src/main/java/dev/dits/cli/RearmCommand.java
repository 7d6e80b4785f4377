package dev.dits.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "rearm",
        description = {
            "Draw a new join code for a share, after too many wrong guesses or whenever the old one got about.",
            "The old code is dead. Who has joined, tickets and other invitations stay as they are."
        },
        footerHeading = "%nExamples:%n",
        footer = {"  dits p2p rearm", "  dits p2p rearm --share ./my-project"})
final class RearmCommand implements Callable<Integer> {
    private final Context context;

    @Mixin
    private ShareChoice share = new ShareChoice();

    @Mixin
    private JsonOption json = new JsonOption();

    RearmCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        Admission admission = Admission.choose(context, share);
        String code = admission.rearm();
        if (json.requested()) {
            try (JsonOutput out = JsonOutput.open(context)) {
                out.object().field("joinCode", code).end();
            }
        } else if (code == null) {
            context.say("Re-armed " + Context.show(admission.root())
                    + "; the next 'dits p2p share' of it draws a new code, with all its guesses before it.");
        } else {
            context.say(Icon.CODE, "Join code: " + context.bold(code));
        }
        return ExitCode.OK;
    }
}
