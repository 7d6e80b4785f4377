package dev.dits.sim;

import dev.dits.Dits;
import dev.dits.DitsOptions;
import dev.dits.Invite;
import dev.dits.InviteOptions;
import dev.dits.Mount;
import dev.dits.MountOptions;
import dev.dits.Share;
import dev.dits.ShareOptions;
import dev.dits.SimulatedDits;
import dev.dits.Sync;
import dev.dits.chunk.ChunkProfile;
import dev.dits.discovery.PeerDiscovery;
import dev.dits.error.JoinRejectedException;
import dev.dits.net.Endpoint;
import dev.dits.object.Commit;
import dev.dits.object.Content;
import dev.dits.object.DirectoryTree;
import dev.dits.object.FileEntry;
import dev.dits.object.FileTree;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectSource;
import dev.dits.object.TreePath;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executor;

/** The machines of one simulation, and on each a node with one share or one mount, as its user sees them. */
final class World {
    static final int FILES = 8;
    static final String BRANCH = "main";

    /** The message of a share's first commit. */
    static final String FIRST = "first";

    final Scheduler scheduler;
    final SimulatedInternet internet;
    final List<Host> hosts = new ArrayList<>();
    private final Path top;
    private int zombies;
    private long editNumber;

    World(Scheduler scheduler, SimulatedInternet internet, Path top) {
        this.scheduler = scheduler;
        this.internet = internet;
        this.top = top;
    }

    /** A machine, its disk below one directory, and what its user knows. */
    final class Host extends Scheduler.Machine {
        final int number;

        /** The host that shares what is mounted here; itself where this one shares. */
        final Host sharer;

        final SplittableRandom random;
        final String log;
        Path disk;
        int boots;
        Dits dits;
        Share share;
        Mount mount;

        /** Of a mount: whether it is kept in step by itself. */
        Sync sync = Sync.MANUAL;

        /** Of a mount: whether it may push. */
        boolean readOnly;

        /** Of a mount: whether its owner gives it no ticket any more. */
        boolean barred;

        /** Of a share: whether commits that nobody signed are refused. */
        boolean signaturesRequired = true;

        /** File operations from now until the power fails; 0 for never. */
        private int operationsToCrash;

        /** What was written here and is in no commit that was acknowledged. */
        final Map<String, byte[]> dirty = new TreeMap<>();

        /** What was deleted or given another name here, by its old one; that is in no commit yet. */
        final Map<String, ObjectId> gone = new TreeMap<>();

        /** What this user knew and wrote over or deleted since his last commit, by its SHA-256. */
        final Set<ObjectId> replaced = new TreeSet<>();

        /** Commits that must be part of this branch's history here, for ever. */
        final Set<ObjectId> kept = new LinkedHashSet<>();

        /** What the user put aside under another name, because both sides had gone on. */
        int asides;

        /** The tree of each commit made here. */
        final Map<ObjectId, Map<String, Integer>> trees = new LinkedHashMap<>();

        Host(int number, Host sharer, SplittableRandom random) throws IOException {
            this.number = number;
            this.sharer = sharer == null ? this : sharer;
            this.random = random;
            this.log = (sharer == null ? "share" : "mount") + number;
            this.disk = top.resolve("host" + number + "-0");
            Files.createDirectories(disk);
        }

        boolean shares() {
            return sharer == this;
        }

        Path tree() {
            return disk.resolve("tree");
        }

        Repository repository() {
            return share != null ? share.repository() : mount == null ? null : mount.repository();
        }

        boolean isOpen() {
            return repository() != null;
        }

        // ---- what the user does

        void open() throws IOException, InterruptedException {
            int boot = boots;
            Dits node = dits;
            if (node == null) {
                node = openNode();
                if (boot != boots) {
                    node.close();
                    return;
                }
                dits = node;
            }
            if (shares()) {
                if (!Files.isDirectory(tree().resolve(Repository.DIRECTORY))) {
                    init();
                }
                Share opened = node.share(
                        tree(), ShareOptions.defaults().withBindAddress(SimulatedInternet.addressOf(number)));
                if (boot == boots) {
                    share = opened;
                }
            } else {
                Mount opened = openMount(node);
                if (boot == boots) {
                    mount = opened;
                }
            }
        }

        private Dits openNode() throws IOException {
            DitsOptions options = DitsOptions.defaults()
                    .withHome(disk.resolve("home"))
                    .withBindAddress(SimulatedInternet.addressOf(number))
                    .withCacheBytes(DitsOptions.defaults().cacheBytes())
                    .withDeviceName("host" + number);
            return SimulatedDits.open(options, new SimulatedDits.Surroundings() {
                @Override
                public Endpoint bind(InetSocketAddress at, Executor workers) throws IOException {
                    return internet.bind(at, workers);
                }

                @Override
                public PeerDiscovery discover(Executor workers) {
                    return internet.discover(number, workers);
                }
            });
        }

        private void init() throws IOException {
            Files.createDirectories(tree());
            for (int i = 0; i < 3; i++) {
                edit();
            }
            dateDirectories();
            RepositoryOptions options = RepositoryOptions.defaults()
                    .withProfile(ChunkProfile.PROJECT)
                    .withRequireSignatures(signaturesRequired);
            try (Repository made = Repository.init(tree(), options)) {
                made.commit(FIRST, null, CommitProgress.NONE);
                dirty.clear();
                replaced.clear();
            }
        }

        private Mount openMount(Dits node) throws IOException, InterruptedException {
            MountOptions options = MountOptions.defaults().withSync(sync).withTimeout(Duration.ofSeconds(20));
            if (Files.exists(tree().resolve(Repository.DIRECTORY).resolve("remotes"))) {
                try {
                    return node.open(tree(), options);
                } catch (JoinRejectedException e) {
                    scheduler.note(log + " has to join again: " + e.reason());
                }
            }
            Share there = sharer.share;
            if (there == null || barred) {
                throw new IOException("nobody to ask for a ticket");
            }
            InviteOptions invite =
                    InviteOptions.defaults().withKind(Invite.Kind.TICKET).withReadOnly(true);
            String ticket = readOnly ? there.invite(invite).secret() : there.ticket();
            return node.mount(ticket, tree(), options);
        }

        void close() throws IOException {
            Dits node = dits;
            share = null;
            mount = null;
            dits = null;
            if (node != null) {
                node.close();
            }
        }

        /** Writes or appends to one file, so that nothing written is ever written twice. */
        void edit() throws IOException {
            edit((random.nextBoolean() ? "d/" : "") + "f" + random.nextInt(FILES));
        }

        void edit(String name) throws IOException {
            if (diskFull()) {
                return;
            }
            Path file = tree().resolve(name);
            byte[] old = Files.isRegularFile(file) ? Files.readAllBytes(file) : new byte[0];
            byte[] fresh = new byte[random.nextInt(6) == 0 ? random.nextInt(80_000) : random.nextInt(2_000)];
            random.nextBytes(fresh);
            byte[] bytes = fresh;
            if (random.nextInt(3) == 0 && old.length > 0) {
                bytes = Arrays.copyOf(old, old.length + fresh.length);
                System.arraycopy(fresh, 0, bytes, old.length, fresh.length);
            }
            byte[] mark = (log + " edit " + editNumber++ + "\n").getBytes(java.nio.charset.StandardCharsets.UTF_8);
            byte[] marked = Arrays.copyOf(bytes, bytes.length + mark.length);
            System.arraycopy(mark, 0, marked, bytes.length, mark.length);
            if (Files.isRegularFile(file)) {
                replaced.add(ObjectId.hash(old));
            }
            Files.createDirectories(file.getParent());
            Files.write(file, marked);
            Files.setLastModifiedTime(file, FileTime.from(scheduler.trueTime()));
            dirty.put(name, marked);
            gone.remove(name);
            scheduler.note(log + " wrote " + name + ", " + marked.length + " bytes");
        }

        void delete(String name) throws IOException {
            Path file = tree().resolve(name);
            ObjectId was = ObjectId.hash(Files.readAllBytes(file));
            Files.delete(file);
            replaced.add(was);
            dirty.remove(name);
            gone.put(name, was);
            scheduler.note(log + " deleted " + name);
        }

        /** To a name that nothing has. */
        void rename(String from, String to) throws IOException {
            Path file = tree().resolve(to);
            Files.createDirectories(file.getParent());
            Files.move(tree().resolve(from), file);
            byte[] bytes = Files.readAllBytes(file);
            dirty.remove(from);
            dirty.put(to, bytes);
            gone.put(from, ObjectId.hash(bytes));
            gone.remove(to);
            scheduler.note(log + " renamed " + from + " to " + to);
        }

        /** The platform's clock, which is not ours, dated the directories. */
        void dateDirectories() throws IOException {
            FileTime time = FileTime.from(scheduler.trueTime());
            Files.walkFileTree(tree(), new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                    return directory.endsWith(Repository.DIRECTORY)
                            ? FileVisitResult.SKIP_SUBTREE
                            : FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path directory, IOException e) throws IOException {
                    Files.setLastModifiedTime(directory, time);
                    return FileVisitResult.CONTINUE;
                }
            });
        }

        /** Commits what is there, and from then on holds the repository to it. */
        ObjectId commit() throws IOException {
            Repository repository = repository();
            int boot = boots;
            dateDirectories();
            Map<String, byte[]> before = new TreeMap<>(dirty);
            // Where the tree follows by itself, what is seen now need not be what is committed.
            Map<String, Integer> seen = shares() || sync == Sync.AUTO ? null : files(tree());
            java.util.Optional<dev.dits.repo.CommitResult> made =
                    repository.commit("edit " + editNumber, null, CommitProgress.NONE);
            if (made.isEmpty() || boot != boots) {
                return null;
            }
            ObjectId id = made.get().id();
            kept.add(id);
            if (seen != null) {
                trees.put(id, seen);
            }
            for (Map.Entry<String, byte[]> one : before.entrySet()) {
                if (Arrays.equals(contentOf(this, id, one.getKey()), one.getValue())) {
                    dirty.remove(one.getKey(), one.getValue());
                }
            }
            scheduler.note(log + " committed " + id.abbreviated());
            return id;
        }

        /** The user renames what is in the way of the branch, and has the tree's own commit in its place, if that has it. */
        void setAside(List<String> paths) throws IOException {
            java.util.Optional<ObjectId> base = repository().base();
            for (String path : paths) {
                Path file = tree().resolve(path);
                if (Files.isRegularFile(file)) {
                    String name = path + ".mine" + asides++;
                    Files.move(file, tree().resolve(name));
                    dirty.remove(path);
                    dirty.put(name, Files.readAllBytes(tree().resolve(name)));
                } else if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
                    String name = path + ".mine" + asides++;
                    Files.move(file, tree().resolve(name));
                    for (String inIt : List.copyOf(dirty.keySet())) {
                        if (inIt.startsWith(path + "/")) {
                            dirty.put(name + inIt.substring(path.length()), dirty.remove(inIt));
                        }
                    }
                }
                byte[] was = base.isEmpty() ? null : contentOf(this, base.get(), path);
                if (was != null && !Files.exists(file)) {
                    Files.createDirectories(file.getParent());
                    Files.write(file, was);
                    Files.setLastModifiedTime(file, FileTime.from(scheduler.trueTime()));
                    gone.remove(path);
                    replaced.remove(ObjectId.hash(was));
                }
            }
        }

        /** What the branch has of what was written here needs no watching any more. */
        void forgetCommitted() throws IOException {
            Repository repository = repository();
            java.util.Optional<ObjectId> head = repository.head();
            if (head.isPresent()) {
                for (Map.Entry<String, byte[]> one : new TreeMap<>(dirty).entrySet()) {
                    if (Arrays.equals(contentOf(this, head.get(), one.getKey()), one.getValue())) {
                        dirty.remove(one.getKey());
                    }
                }
            }
        }

        /** The last commit was never made, though its user was told that it was. */
        private void forget() throws IOException {
            Path branch =
                    tree().resolve(Repository.DIRECTORY).resolve("refs/heads").resolve(BRANCH);
            Repository repository = repository();
            if (repository != null && repository.head().isPresent()) {
                List<ObjectId> parents =
                        repository.readCommit(repository.head().get()).parents();
                if (!parents.isEmpty()) {
                    String current = Files.readString(branch);
                    Files.writeString(
                            branch,
                            current.replace(
                                    repository.head().get().toString(),
                                    parents.get(0).toString()));
                }
            }
        }

        /** The power fails before the so manieth file operation from now. */
        void crashAfter(int fileOperations) {
            operationsToCrash = fileOperations;
        }

        @Override
        void touching() throws IOException {
            if (operationsToCrash > 0 && --operationsToCrash == 0) {
                crash();
            }
        }

        /** The power fails: what the disk has at this moment is all that is left. The rest ends unheard. */
        void crash() throws IOException {
            Dits dead = dits;
            Path before = disk;
            boots++;
            operationsToCrash = 0;
            disk = top.resolve("host" + number + "-" + boots);
            copy(before, disk);
            if (Campaign.FAULT.equals("forget")) {
                forget();
            }
            internet.unplug(number);
            share = null;
            mount = null;
            dits = null;
            scheduler.note(log + " crashed");
            zombies++;
            scheduler.spawn("zombie-" + log, new Scheduler.Machine(), () -> {
                if (dead != null) {
                    dead.close();
                }
                zombies--;
            });
        }
    }

    void awaitZombies() {
        while (zombies > 0) {
            scheduler.sleep(100_000_000L);
        }
    }

    /** As {@link #contentAt}, with the share's help where a mount has no more than a promise. */
    static byte[] contentOf(Host host, ObjectId commit, String name) throws IOException {
        ObjectSource own = host.repository().objects();
        Repository there = host.sharer.repository();
        return contentAt(host.shares() || there == null ? own : either(own, there.objects()), commit, name);
    }

    static ObjectSource either(ObjectSource one, ObjectSource other) {
        return new ObjectSource() {
            @Override
            public byte[] read(ObjectId id) throws IOException {
                byte[] bytes = one.read(id);
                return bytes != null ? bytes : other.read(id);
            }

            @Override
            public boolean contains(ObjectId id) throws IOException {
                return one.contains(id) || other.contains(id);
            }
        };
    }

    /** The bytes of a file of a commit; null where it has none of that name. */
    private static byte[] contentAt(ObjectSource objects, ObjectId commit, String name) throws IOException {
        if (!(new DirectoryTree(objects)
                        .resolve(Commit.decode(objects.require(commit)).tree(), TreePath.ofUtf8(name))
                instanceof FileEntry file)) {
            return null;
        }
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        Content content = file.content();
        FileTree.Cursor chunks = new FileTree(objects).chunks(content);
        for (FileTree.Chunk chunk = chunks.next(); chunk != null; chunk = chunks.next()) {
            byte[] bytes = objects.require(chunk.id());
            all.writeBytes(bytes);
        }
        return all.toByteArray();
    }

    /** Every file below a working tree and a digest of its bytes. */
    static Map<String, Integer> files(Path tree) throws IOException {
        Map<String, Integer> found = new TreeMap<>();
        walk(tree, (name, bytes) -> found.put(name, Arrays.hashCode(bytes)));
        return found;
    }

    interface Visitor {
        void file(String name, byte[] bytes) throws IOException;
    }

    static void walk(Path tree, Visitor visitor) throws IOException {
        Files.walkFileTree(tree, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                return directory.endsWith(Repository.DIRECTORY)
                        ? FileVisitResult.SKIP_SUBTREE
                        : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                visitor.file(tree.relativize(file).toString(), Files.readAllBytes(file));
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** As it is at this moment: nobody else has the turn meanwhile. */
    static void copy(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
                    throws IOException {
                Files.createDirectories(to.resolve(from.relativize(directory)));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.copy(file, to.resolve(from.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    static void deleteTree(Path top) throws IOException {
        try {
            Files.walkFileTree(top, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.delete(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path directory, IOException e) throws IOException {
                    Files.delete(directory);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (NoSuchFileException e) {
            // There is nothing to delete.
        }
    }
}
