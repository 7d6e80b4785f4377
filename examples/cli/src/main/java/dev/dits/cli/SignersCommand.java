package dev.dits.cli;

import dev.dits.error.DitsException;
import dev.dits.object.SignerKey;
import dev.dits.repo.Repository;
import dev.dits.repo.Signer;
import dev.dits.repo.Signers;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "signers",
        description = {
            "List whose keys sign commits here, trust one, or forget one.",
            "The first key that is seen for a name is bound to it; another one for the same name is shown as NEW KEY until it is trusted."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  dits signers                            list them; with this copy's own key",
            "  dits signers trust 3d4017c3e843895a     a second device of somebody known",
            "  dits signers trust KEY --name ann@mac   all 64 digits, told by another way",
            "  dits signers remove 3d4017c3e843895a    forget it"
        })
final class SignersCommand extends RepositoryCommand {
    private static final int DIGITS_MIN = 8;
    private static final int DIGITS = 2 * SignerKey.BYTES;

    @Parameters(index = "0", arity = "0..1", paramLabel = "trust|remove", description = "What to do. Default: list.")
    private @Nullable String action;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "KEY",
            description = "The key, or eight or more of its first digits.")
    private @Nullable String key;

    @Option(names = "--name", paramLabel = "NAME", description = "Trust a key for this author, before it was seen.")
    private @Nullable String name;

    @Mixin
    private JsonOption json = new JsonOption();

    SignersCommand(Context context) {
        super(context);
    }

    @Override
    void checkUsage() {
        if (action == null) {
            Usage.require(name == null, "--name goes with 'trust KEY'");
            return;
        }
        Usage.require(
                action.equals("trust") || action.equals("remove"), "'" + action + "' is neither trust nor remove");
        Usage.require(!json.requested(), "--json lists; it takes no name");
        Usage.require(
                key != null
                        && key.length() >= DIGITS_MIN
                        && key.length() <= DIGITS
                        && key.chars().allMatch(digit -> digit < 0x80 && Character.digit(digit, 16) >= 0),
                "which key? 'dits signers' lists them; " + DIGITS_MIN + " digits or more");
        Usage.require(name == null || action.equals("trust"), "--name goes with 'trust KEY'");
        Usage.require(
                name == null || (!name.isEmpty() && String.valueOf(key).length() == DIGITS),
                "a key that was not seen needs all of its " + DIGITS + " digits");
    }

    @Override
    int run(Repository repository) throws IOException {
        Signers signers = repository.signers();
        if (action == null) {
            list(signers);
            return ExitCode.OK;
        }
        String digits = String.valueOf(key).toLowerCase(Locale.ROOT);
        if (name != null) {
            SignerKey whole;
            try {
                whole = SignerKey.ofHex(digits);
            } catch (IllegalArgumentException e) {
                throw new Usage("that is no signer's key: " + e.getMessage());
            }
            signers.trust(name, whole);
            context.say("Trusted " + whole.abbreviated() + " for " + Format.safe(name) + ".");
            return ExitCode.OK;
        }
        SignerKey found = find(signers, digits);
        if (action.equals("trust")) {
            int bound = signers.trust(found);
            context.say(
                    bound == 0
                            ? found.abbreviated() + " was trusted already."
                            : "Trusted " + found.abbreviated() + " for " + names(signers, found) + ".");
        } else {
            String names = names(signers, found);
            signers.forget(found);
            context.say("Forgot " + found.abbreviated() + " for " + names + ".");
        }
        return ExitCode.OK;
    }

    private static String names(Signers signers, SignerKey key) {
        return String.join(
                ", ",
                signers.list().stream()
                        .filter(signer -> signer.key().equals(key))
                        .map(signer -> Format.safe(signer.name()))
                        .toList());
    }

    private static SignerKey find(Signers signers, String digits) throws DitsException {
        List<SignerKey> found = Stream.concat(signers.list().stream().map(Signer::key), signers.own().stream())
                .filter(candidate -> candidate.hex().startsWith(digits))
                .distinct()
                .toList();
        if (found.size() != 1) {
            throw new DitsException(
                    found.isEmpty()
                            ? "no key here starts with " + digits + "; 'dits signers' lists them"
                            : digits + " is the start of " + found.size() + " keys; give more digits");
        }
        return found.get(0);
    }

    private void list(Signers signers) throws IOException {
        if (json.requested()) {
            try (JsonOutput out = JsonOutput.open(context)) {
                out.object()
                        .field("own", signers.own().map(SignerKey::hex).orElse(null))
                        .array("signers");
                for (Signer signer : signers.list()) {
                    out.object()
                            .field("name", signer.name())
                            .field("key", signer.key().hex())
                            .field("trusted", signer.trusted())
                            .field(
                                    "own",
                                    signers.own().filter(signer.key()::equals).isPresent())
                            .field("since", signer.since().toString())
                            .field("commit", signer.commit())
                            .end();
                }
                out.end().end();
            }
            return;
        }
        if (signers.own().isEmpty() && signers.list().isEmpty()) {
            context.say("No key yet; the first commit makes one.");
            return;
        }
        signers.own().ifPresent(own -> context.say("This copy signs with " + own.hex() + "."));
        for (Signer signer : signers.list()) {
            String what = signers.own().filter(signer.key()::equals).isPresent()
                    ? "own"
                    : signer.trusted() ? "trusted" : context.bold("NEW KEY");
            context.say(signer.key().abbreviated() + "  " + what + "  " + Format.safe(signer.name()));
        }
    }
}
