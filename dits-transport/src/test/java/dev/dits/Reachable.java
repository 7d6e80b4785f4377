package dev.dits;

import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/** Goes over all objects of dits that hang together, through private fields and the JDK's collections. Runs on the class path alone. */
final class Reachable {
    private static final int OBJECTS_MAX = 500_000;

    private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Deque<Object> left = new ArrayDeque<>();

    private Reachable() {}

    /** Calls back with each object of a class of dits, once. */
    static int from(Collection<?> roots, Consumer<Object> each) {
        Reachable all = new Reachable();
        roots.forEach(all::add);
        int found = 0;
        for (Object next = all.left.poll(); next != null && all.seen.size() < OBJECTS_MAX; next = all.left.poll()) {
            if (isOurs(next)) {
                each.accept(next);
                found++;
            }
            all.lookInto(next);
        }
        return found;
    }

    private static boolean isOurs(Object one) {
        return one.getClass().getName().startsWith("dev.dits.");
    }

    private void add(Object one) {
        if (one != null && !(one instanceof String) && seen.add(one)) {
            left.add(one);
        }
    }

    private void lookInto(Object one) {
        if (one instanceof Object[] array) {
            Arrays.asList(array).forEach(this::add);
        } else if (isOurs(one)) {
            fields(one);
        } else if (one instanceof Map<?, ?> map) {
            // Others go on changing it; what they add meanwhile is seen or not.
            copy(map.keySet());
            copy(map.values());
        } else if (one instanceof Collection<?> collection) {
            copy(collection);
        } else if (one instanceof Optional<?> optional) {
            add(optional.orElse(null));
        } else if (one instanceof AtomicReference<?> reference) {
            add(reference.get());
        }
    }

    private void copy(Collection<?> collection) {
        try {
            Arrays.asList(collection.toArray()).forEach(this::add);
        } catch (RuntimeException e) {
            // It changed under our hands.
            return;
        }
    }

    private void fields(Object one) {
        for (Class<?> type = one.getClass();
                type != null && type.getName().startsWith("dev.dits.");
                type = type.getSuperclass()) {
            Field[] fields = type.getDeclaredFields();
            AccessibleObject.setAccessible(fields, true);
            for (Field field : fields) {
                if (!field.getType().isPrimitive()) {
                    try {
                        add(field.get(Modifier.isStatic(field.getModifiers()) ? null : one));
                    } catch (IllegalAccessException e) {
                        throw new AssertionError(e);
                    }
                }
            }
        }
    }
}
