package dev.dits.sim;

import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.security.ProtectionDomain;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.bytebuddy.jar.asm.ClassReader;
import net.bytebuddy.jar.asm.ClassVisitor;
import net.bytebuddy.jar.asm.ClassWriter;
import net.bytebuddy.jar.asm.Handle;
import net.bytebuddy.jar.asm.Label;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.jar.asm.Opcodes;

/**
 * Rewrites calls in {@code java.util.concurrent} and in this project's production code to go through
 * {@link dev.dits.sim.boot.Hook}: parking and waking, starting and interrupting threads, the time, files. Everything that
 * waits on the Java platform's locks, conditions, futures, queues and pools waits by parking, so these few calls are all
 * that a scheduler needs to decide who runs.
 *
 * <p>For a process of its own, started with {@code -javaagent}. No production code knows of it.
 */
public final class SimulationAgent {
    private static final String HOOK = "dev/dits/sim/boot/Hook";

    /** Calls that get another owner: {@code owner.name} to the hook's name. The receiver becomes the first argument. */
    private static final Map<String, String> STATIC_CALLS = Map.ofEntries(
            Map.entry("java/util/concurrent/locks/LockSupport.park", "park"),
            Map.entry("java/util/concurrent/locks/LockSupport.parkNanos", "parkNanos"),
            Map.entry("java/util/concurrent/locks/LockSupport.unpark", "unpark"),
            Map.entry("java/lang/Thread.sleep", "sleep"),
            Map.entry("java/lang/System.nanoTime", "nanoTime"),
            Map.entry("java/lang/System.currentTimeMillis", "currentTimeMillis"),
            Map.entry("java/time/Instant.now", "now"),
            Map.entry("java/time/InstantSource.system", "instants"),
            Map.entry("java/time/Clock.system", "clock"),
            Map.entry("java/time/Clock.systemUTC", "clock"),
            Map.entry("java/time/Clock.systemDefaultZone", "clock"));

    private static final Map<String, String> VIRTUAL_CALLS = Map.of(
            "java/lang/Thread.start", "start",
            "java/lang/Thread.interrupt", "interrupt",
            "java/util/concurrent/TimeUnit.sleep", "sleep");

    private static final Set<String> FILE_OWNERS = Set.of(
            "java/nio/file/Files",
            "java/nio/channels/FileChannel",
            "java/io/RandomAccessFile",
            "java/io/FileOutputStream");

    /** What makes bytes or entries; everything else of those owners is a read, or gives space back. */
    private static final Set<String> WRITES = Set.of(
            "write",
            "writeString",
            "createFile",
            "createDirectory",
            "createDirectories",
            "createTempFile",
            "createSymbolicLink",
            "createLink",
            "copy",
            "newOutputStream",
            "force",
            "transferFrom");

    private static final Set<String> READS = Set.of(
            "open",
            "read",
            "map",
            "move",
            "delete",
            "deleteIfExists",
            "truncate",
            "newInputStream",
            "newByteChannel",
            "newDirectoryStream",
            "readAllBytes",
            "readString",
            "readAttributes",
            "setLastModifiedTime");

    private SimulationAgent() {}

    /** Called by the virtual machine. */
    public static void premain(String arguments, Instrumentation instrumentation) throws Exception {
        instrumentation.addTransformer(new Rewriter(), true);
        List<Class<?>> loaded = new ArrayList<>();
        for (Class<?> type : instrumentation.getAllLoadedClasses()) {
            if (type.getName().startsWith("java.util.concurrent.")
                    && !type.isArray()
                    && instrumentation.isModifiableClass(type)) {
                loaded.add(type);
            }
        }
        instrumentation.retransformClasses(loaded.toArray(Class<?>[]::new));
    }

    private static boolean concerns(String name) {
        if (name.startsWith("java/util/concurrent/")) {
            return !name.startsWith("java/util/concurrent/locks/LockSupport")
                    && !name.equals("java/util/concurrent/TimeUnit")
                    && !name.startsWith("java/util/concurrent/atomic/");
        }
        return name.startsWith("dev/dits/") && !name.startsWith("dev/dits/sim/");
    }

    private static final class Rewriter implements ClassFileTransformer {
        @Override
        public byte[] transform(
                ClassLoader loader, String name, Class<?> redefined, ProtectionDomain domain, byte[] bytes) {
            if (name == null || !concerns(name)) {
                return null;
            }
            try {
                ClassReader reader = new ClassReader(bytes);
                ClassWriter writer = new ClassWriter(reader, ClassWriter.COMPUTE_MAXS);
                boolean ours = name.startsWith("dev/dits/");
                boolean worker = name.equals("java/util/concurrent/ThreadPoolExecutor$Worker");
                reader.accept(
                        new ClassVisitor(Opcodes.ASM9, writer) {
                            @Override
                            public MethodVisitor visitMethod(
                                    int access, String method, String descriptor, String signature, String[] thrown) {
                                MethodVisitor next = super.visitMethod(access, method, descriptor, signature, thrown);
                                MethodVisitor calls = new Calls(next, ours);
                                return worker && method.equals("run") ? new Wrap(calls) : calls;
                            }
                        },
                        0);
                return writer.toByteArray();
            } catch (Throwable e) {
                // The virtual machine would swallow it and go on with a class that is not governed.
                e.printStackTrace();
                Runtime.getRuntime().halt(3);
                return null;
            }
        }
    }

    private static final class Calls extends MethodVisitor {
        private final boolean ours;

        Calls(MethodVisitor next, boolean ours) {
            super(Opcodes.ASM9, next);
            this.ours = ours;
        }

        @Override
        public void visitMethodInsn(int opcode, String owner, String name, String descriptor, boolean isInterface) {
            if (opcode == Opcodes.INVOKESTATIC) {
                String hook = STATIC_CALLS.get(owner + "." + name);
                if (hook != null && !(hook.equals("now") && !descriptor.startsWith("()"))) {
                    super.visitMethodInsn(Opcodes.INVOKESTATIC, HOOK, hook, descriptor, false);
                    return;
                }
                if (ours
                        && owner.equals("java/nio/file/Files")
                        && name.equals("readAttributes")
                        && descriptor.endsWith(")Ljava/util/Map;")) {
                    super.visitMethodInsn(Opcodes.INVOKESTATIC, HOOK, "attributes", descriptor, false);
                    return;
                }
            } else if (opcode == Opcodes.INVOKEVIRTUAL
                    && owner.endsWith("/Argon2BytesGenerator")
                    && name.equals("generateBytes")) {
                // Slow on purpose, which is for its own tests to see.
                super.visitMethodInsn(
                        Opcodes.INVOKESTATIC, HOOK, "stretch", "(Ljava/lang/Object;" + descriptor.substring(1), false);
                return;
            } else if (owner.equals("java/util/concurrent/ForkJoinWorkerThread") && name.equals("start")) {
                super.visitMethodInsn(Opcodes.INVOKESTATIC, HOOK, "start", "(Ljava/lang/Thread;)V", false);
                return;
            } else if (owner.equals("jdk/internal/vm/SharedThreadContainer") && name.equals("start")) {
                // How pools start their threads since JDK 19.
                super.visitMethodInsn(
                        Opcodes.INVOKESTATIC, HOOK, "startIn", "(Ljava/lang/Object;Ljava/lang/Thread;)V", false);
                return;
            } else if (opcode == Opcodes.INVOKEVIRTUAL) {
                String hook = VIRTUAL_CALLS.get(owner + "." + name);
                if (hook != null) {
                    super.visitMethodInsn(
                            Opcodes.INVOKESTATIC, HOOK, hook, "(L" + owner + ";" + descriptor.substring(1), false);
                    return;
                }
            }
            if (ours && opcode != Opcodes.INVOKESPECIAL && FILE_OWNERS.contains(owner)) {
                if (WRITES.contains(name)) {
                    super.visitMethodInsn(Opcodes.INVOKESTATIC, HOOK, "writing", "()V", false);
                } else if (READS.contains(name)) {
                    super.visitMethodInsn(Opcodes.INVOKESTATIC, HOOK, "reading", "()V", false);
                }
            }
            super.visitMethodInsn(opcode, owner, name, descriptor, isInterface);
        }

        @Override
        public void visitInvokeDynamicInsn(String name, String descriptor, Handle bootstrap, Object... arguments) {
            Object[] replaced = arguments.clone();
            for (int i = 0; i < replaced.length; i++) {
                if (replaced[i] instanceof Handle handle && handle.getTag() == Opcodes.H_INVOKESTATIC) {
                    String hook = STATIC_CALLS.get(handle.getOwner() + "." + handle.getName());
                    if (hook != null) {
                        replaced[i] = new Handle(Opcodes.H_INVOKESTATIC, HOOK, hook, handle.getDesc(), false);
                    }
                }
            }
            super.visitInvokeDynamicInsn(name, descriptor, bootstrap, replaced);
        }
    }

    /** Says when a pool's thread begins and, however it does, ends. */
    private static final class Wrap extends MethodVisitor {
        private final Label start = new Label();
        private final Label end = new Label();

        Wrap(MethodVisitor next) {
            super(Opcodes.ASM9, next);
        }

        @Override
        public void visitCode() {
            super.visitCode();
            super.visitTryCatchBlock(start, end, end, null);
            call("enter");
            super.visitLabel(start);
        }

        private void call(String name) {
            super.visitMethodInsn(Opcodes.INVOKESTATIC, HOOK, name, "()V", false);
        }

        @Override
        public void visitInsn(int opcode) {
            if (opcode == Opcodes.RETURN) {
                call("exit");
            }
            super.visitInsn(opcode);
        }

        @Override
        public void visitMaxs(int stack, int locals) {
            super.visitLabel(end);
            super.visitFrame(Opcodes.F_SAME1, 0, null, 1, new Object[] {"java/lang/Throwable"});
            call("exit");
            super.visitInsn(Opcodes.ATHROW);
            super.visitMaxs(stack, locals);
        }
    }
}
