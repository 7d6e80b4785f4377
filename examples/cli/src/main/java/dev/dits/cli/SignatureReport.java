package dev.dits.cli;

import dev.dits.object.SignerKey;
import dev.dits.repo.Verification;
import java.io.IOException;
import java.util.Locale;

/** What is said about who made a commit or tag. */
final class SignatureReport {
    private SignatureReport() {}

    /** The line below author and date. */
    static void say(Context context, Verification verification) {
        context.say("Signed: " + text(context, verification));
    }

    private static String text(Context context, Verification verification) {
        String key = verification.key().map(SignerKey::abbreviated).orElse("");
        return switch (verification.state()) {
            case VERIFIED -> "verified, " + (verification.own() ? "by this copy" : "key " + key);
            case NEW_KEY ->
                context.bold("NEW KEY " + key + " for this name") + "; if it is the author's, 'dits signers trust "
                        + key + "'";
            case UNKNOWN_KEY -> "key " + key + ", of which nothing is known here";
            case UNSIGNED -> "no";
            case INVALID -> context.bold("INVALID: this was changed after it was signed");
        };
    }

    /** For lists: nothing where all is as it should be. */
    static String mark(Context context, Verification verification) {
        return switch (verification.state()) {
            case VERIFIED -> "";
            case NEW_KEY -> context.bold(" [NEW KEY]");
            case UNKNOWN_KEY -> " [unknown key]";
            case UNSIGNED -> " [unsigned]";
            case INVALID -> context.bold(" [INVALID SIGNATURE]");
        };
    }

    /** The field {@code signature}, into an object that is open. */
    static void write(JsonOutput out, Verification verification) throws IOException {
        out.object("signature")
                .field(
                        "state",
                        verification.state().name().toLowerCase(Locale.ROOT).replace('_', '-'))
                .field("key", verification.key().map(SignerKey::hex).orElse(null))
                .field("own", verification.own())
                .end();
    }
}
