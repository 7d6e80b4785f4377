package dev.dits.connect;

import dev.dits.net.CarriedAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Says for people why two sides that meet found no more direct way. */
final class WhyIndirect {
    /** While nothing is known yet. */
    static final String LOOKING = "a more direct way is being looked for";

    private WhyIndirect() {}

    /**
     * @param own this side
     * @param there what the other side told
     * @param punch what was sent to it
     * @param search what was tried beyond that
     * @param heard from where probes of the other side came
     */
    static String of(Whereabouts own, Whereabouts there, Punch punch, PortSearch search, Set<InetSocketAddress> heard) {
        List<String> reasons = new ArrayList<>();
        int told = there.addresses().size();
        if (!heard.isEmpty()) {
            reasons.add("probes came from "
                    + CarriedAddress.describe(heard.iterator().next()) + ", but no connection was made there");
        } else if (told == 0) {
            reasons.add("the other side told no address");
        } else if (punch.targets() == 0) {
            reasons.add("none of the addresses that the other side told may be sent to from here");
        } else {
            reasons.add("no answer to " + punch.sent() + " probes of " + punch.targets()
                    + (punch.targets() == 1 ? " address" : " addresses") + search.described());
        }
        if (own.nat() == Whereabouts.Nat.SYMMETRIC && there.nat() == Whereabouts.Nat.SYMMETRIC) {
            reasons.add(
                    "both sides' routers draw a new port for each destination (symmetric NAT), and no probes open two"
                            + " of them");
        } else {
            describe(own, "this side", reasons);
            describe(there, "the other side", reasons);
        }
        return String.join("; ", reasons);
    }

    private static void describe(Whereabouts side, String name, List<String> reasons) {
        switch (side.nat()) {
            case SILENT ->
                reasons.add("the tracker's STUN does not answer " + name + ", so its network may let no UDP out");
            case SYMMETRIC -> reasons.add(name + "'s router draws a new port for each destination (symmetric NAT)");
            case EVEN, UNKNOWN -> {}
        }
    }
}
