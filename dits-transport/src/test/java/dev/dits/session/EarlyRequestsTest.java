package dev.dits.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.error.PermissionDeniedException;
import dev.dits.wire.Message;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A mount is done with the join one message before its share, and begins to ask. */
class EarlyRequestsTest {
    @TempDir
    private Path directory;

    @Test
    void aShareThatIsSlowToEndTheJoinAnswersAllThatWasAskedMeanwhile() throws Exception {
        int count = 100;
        CountDownLatch asked = new CountDownLatch(1);
        try (TestShare there = new TestShare();
                TestShare here = new TestShare();
                TestShare.Door door = there.share(
                        directory,
                        "project",
                        (session, request, exchange) -> exchange.send(new Message.Refs("share", List.of())))) {
            there.whileJoining = () -> {
                try {
                    asked.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            };
            Session mount = here.join(there.address(), Dialer.Key.of(door.code), (session, request, exchange) -> {
                        throw new PermissionDeniedException("nothing is served here");
                    })
                    .session();
            List<RequestStream> streams = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                streams.add(mount.open(new Message.GetRefs()));
            }
            asked.countDown();
            for (RequestStream stream : streams) {
                assertThat(stream.receive()).isInstanceOf(Message.Refs.class);
                assertThat(stream.receive()).isInstanceOf(Message.End.class);
                stream.close();
            }
        }
    }
}
