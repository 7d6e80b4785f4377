package dev.dits.control;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a control message carries: named values, immutable. A name that is missing, or has a value of another kind, reads as the default: so an older and a newer
 * dits understand each other as far as they can.
 *
 * <p>{@link #toString} shows the names alone, as values may be join codes.
 */
public final class Fields {
    /** No fields. */
    public static final Fields NONE = new Fields(Map.of());

    private final Map<String, Object> values;

    Fields(Map<String, Object> values) {
        this.values = values;
    }

    Map<String, Object> values() {
        return values;
    }

    private Fields plus(String name, Object value) {
        Map<String, Object> more = new LinkedHashMap<>(values);
        more.put(name, value);
        return new Fields(more);
    }

    /**
     * Adds a text.
     *
     * @param name its name
     * @param value the text
     * @return with it
     */
    public Fields with(String name, String value) {
        return plus(name, value);
    }

    /**
     * Adds a number.
     *
     * @param name its name
     * @param value the number
     * @return with it
     */
    public Fields with(String name, long value) {
        return plus(name, value);
    }

    /**
     * Adds a truth value.
     *
     * @param name its name
     * @param value the value
     * @return with it
     */
    public Fields with(String name, boolean value) {
        return plus(name, value);
    }

    /**
     * Adds fields below a name.
     *
     * @param name their name
     * @param value the fields
     * @return with them
     */
    public Fields with(String name, Fields value) {
        return plus(name, value.values);
    }

    /**
     * Adds a list of fields.
     *
     * @param name its name
     * @param list the elements
     * @return with it
     */
    public Fields withList(String name, List<Fields> list) {
        return plus(name, list.stream().map(Fields::values).toList());
    }

    /**
     * Adds a list of texts.
     *
     * @param name its name
     * @param list the texts
     * @return with it
     */
    public Fields withTexts(String name, List<String> list) {
        return plus(name, List.copyOf(list));
    }

    /**
     * Tells whether there is a value.
     *
     * @param name which
     * @return whether it is there, of whatever kind
     */
    public boolean has(String name) {
        return values.containsKey(name);
    }

    /**
     * Reads a text.
     *
     * @param name which
     * @return the text, empty by default
     */
    public String text(String name) {
        return values.get(name) instanceof String text ? text : "";
    }

    /**
     * Reads a number.
     *
     * @param name which
     * @param otherwise the default
     * @return the number
     */
    public long number(String name, long otherwise) {
        return values.get(name) instanceof Long number ? number : otherwise;
    }

    /**
     * Reads a truth value.
     *
     * @param name which
     * @return the value, false by default
     */
    public boolean flag(String name) {
        return values.get(name) instanceof Boolean flag && flag;
    }

    /**
     * Reads fields below a name.
     *
     * @param name which
     * @return the fields, none by default
     */
    public Fields fields(String name) {
        return values.get(name) instanceof Map<?, ?> object ? of(object) : NONE;
    }

    /**
     * Reads a list of fields.
     *
     * @param name which
     * @return its elements that are fields, none by default
     */
    public List<Fields> list(String name) {
        List<Fields> list = new ArrayList<>();
        if (values.get(name) instanceof List<?> elements) {
            for (Object element : elements) {
                if (element instanceof Map<?, ?> object) {
                    list.add(of(object));
                }
            }
        }
        return list;
    }

    /**
     * Reads a list of texts.
     *
     * @param name which
     * @return its elements that are texts, none by default
     */
    public List<String> texts(String name) {
        List<String> list = new ArrayList<>();
        if (values.get(name) instanceof List<?> elements) {
            for (Object element : elements) {
                if (element instanceof String text) {
                    list.add(text);
                }
            }
        }
        return list;
    }

    private static Fields of(Map<?, ?> object) {
        Map<String, Object> copy = new LinkedHashMap<>();
        object.forEach((name, value) -> copy.put((String) name, value));
        return new Fields(copy);
    }

    @Override
    public String toString() {
        return "Fields" + values.keySet();
    }
}
