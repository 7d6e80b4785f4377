package dev.dits.cli;

import dev.dits.Dits;
import dev.dits.PeerProbe;
import dev.dits.PingResult;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "ping",
        description = {
            "Test the way to a share: join it, and measure full round trips through the encrypted session.",
            "Nothing is mounted."
        },
        footerHeading = "%nExample:%n",
        footer = "  dits p2p ping 7KQM-4TX-9PZ --count 10 --interval 2")
final class PingCommand implements Callable<Integer> {
    private final Context context;

    @Parameters(arity = "0..1", paramLabel = "TARGET", description = "As in 'dits p2p connect'.")
    private @Nullable String written;

    @Option(names = "--code", paramLabel = "CODE", description = "The join code, where TARGET is an address.")
    private @Nullable String code;

    @Option(
            names = {"-c", "--count"},
            paramLabel = "N",
            description = "How many. Default: ${DEFAULT-VALUE}.",
            defaultValue = "4")
    private int count = 4;

    @Option(
            names = {"-i", "--interval"},
            paramLabel = "SECONDS",
            description = "Time between two. Default: ${DEFAULT-VALUE}.",
            defaultValue = "1")
    private double intervalSeconds = 1;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            description = "How long to wait for joining, and for each answer. Default: ${DEFAULT-VALUE}.",
            defaultValue = "5")
    private double timeoutSeconds = 5;

    @Mixin
    private TrackerOption tracker = new TrackerOption();

    @Option(names = "--bind", paramLabel = "ADDRESS", description = "Connect from this address of this machine.")
    private @Nullable String bind;

    PingCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        Usage.require(count > 0, "--count takes a positive number");
        Usage.require(
                intervalSeconds >= 0 && intervalSeconds <= 86_400, "--interval takes seconds, up to a day of them");
        Usage.require(
                timeoutSeconds > 0 && timeoutSeconds <= 86_400,
                "--timeout takes a positive number of seconds, up to a day of them");
        Target target = Target.resolve(context, written, code);
        context.say(Icon.PING, "Pinging " + target.shown());
        context.say("   Count: " + count + ", Interval: " + seconds(intervalSeconds) + ", Timeout: "
                + seconds(timeoutSeconds));
        context.say("");
        Duration timeout = duration(timeoutSeconds);
        PingStatistics statistics = new PingStatistics(target.shown());
        try (Dits dits = Dits.open(
                        bind == null
                                ? tracker.applied(context.ditsOptions())
                                : tracker.applied(context.ditsOptions()).withBindAddress(Usage.address(bind)));
                PeerProbe probe = dits.probe(
                        target.value(),
                        new ConnectionOptions().mountOptions(target.code()).withTimeout(timeout))) {
            try {
                for (int sequence = 1; sequence <= count; sequence++) {
                    long startNanos = context.nanoClock().getAsLong();
                    ping(probe, statistics, sequence, timeout);
                    long spent = context.nanoClock().getAsLong() - startNanos;
                    if (sequence < count) {
                        TimeUnit.NANOSECONDS.sleep(duration(intervalSeconds).toNanos() - spent);
                    }
                }
            } finally {
                context.say("");
                statistics.lines().forEach(context::say);
            }
        }
        return statistics.received() > 0 ? ExitCode.OK : ExitCode.UNREACHABLE;
    }

    private void ping(PeerProbe probe, PingStatistics statistics, int sequence, Duration timeout)
            throws InterruptedException {
        statistics.sent();
        try {
            PingResult result = probe.ping(timeout);
            context.say(statistics.answered(result));
        } catch (IOException | TimeoutException e) {
            context.say("no answer: seq=" + sequence + " (" + Format.safe(String.valueOf(e.getMessage())) + ")");
        }
    }

    private static String seconds(double seconds) {
        return seconds == Math.rint(seconds) ? (long) seconds + "s" : seconds + "s";
    }

    private static Duration duration(double seconds) {
        return Duration.ofNanos((long) (seconds * 1e9));
    }
}
