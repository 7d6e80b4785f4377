package dev.dits;

import dev.dits.repo.Repository;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;

/** A mount in a process that runs out of descriptors: pulls with room, then with less and less of none, then with room again. */
final class FewFilesMain {
    private static final int LIMIT = 300;
    private static final int STEP = 3;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private FewFilesMain() {}

    static Process start(Path home, String target, Path directory) throws IOException {
        return new ProcessBuilder(List.of(
                        "sh",
                        "-c",
                        "ulimit -n " + LIMIT + " && exec \"$@\"",
                        "sh",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:-MaxFDLimit",
                        "-cp",
                        System.getProperty("java.class.path"),
                        FewFilesMain.class.getName(),
                        home.toString(),
                        target,
                        directory.toString()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static void load(Class<?> one) throws Exception {
        Path place =
                Path.of(one.getProtectionDomain().getCodeSource().getLocation().toURI());
        if (!Files.isDirectory(place)) {
            return; // an archive is open already
        }
        try (Stream<Path> files = Files.walk(place)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".class")).toList()) {
                String name = place.relativize(file).toString().replace('/', '.');
                if (!name.contains("-info")) {
                    Class<?> unused = Class.forName(name.substring(0, name.length() - ".class".length()));
                }
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        try (Dits dits = Dits.open(NodeMain.options(Path.of(arguments[0])));
                Mount mount = dits.mount(arguments[1], Path.of(arguments[2]))) {
            mount.pull().await(PATIENCE);
            // A class that is needed for the first time later could not be read then.
            load(Dits.class);
            load(Repository.class);
            System.out.println("first done");
            int unused = System.in.read();
            Deque<FileInputStream> taken = new ArrayDeque<>();
            try {
                while (true) {
                    taken.push(new FileInputStream("/dev/null"));
                }
            } catch (IOException e) {
                // That was the last.
            }
            StringBuilder failures = new StringBuilder();
            // Give them back one after another: each amount fails somewhere else, until it is enough.
            boolean done = false;
            int left = 0;
            while (!done && !taken.isEmpty()) {
                try {
                    mount.pull().await(PATIENCE);
                    done = true;
                } catch (IOException e) {
                    failures.append(left).append(": ").append(e.getMessage()).append("; ");
                } catch (Throwable e) {
                    e.printStackTrace();
                    failures.append(left).append(": no I/O error: ").append(e).append("; ");
                }
                for (int i = 0; i < STEP && !taken.isEmpty(); i++) {
                    taken.pop().close();
                }
                left += STEP;
            }
            while (!taken.isEmpty()) {
                taken.pop().close();
            }
            System.out.println("failed " + failures);
            mount.pull().await(PATIENCE);
            System.out.println("then " + (mount.repository().fsck(bytes -> {}).clean() ? "done" : "damaged"));
        }
    }
}
