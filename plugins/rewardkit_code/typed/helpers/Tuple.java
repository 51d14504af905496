package org.javatuples;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;

public abstract class Tuple implements Iterable<Object> {
    private final Object[] values;

    protected Tuple(Object... values) {
        this.values = values;
    }

    protected Object at(int index) {
        return values[index];
    }

    public int getSize() {
        return values.length;
    }

    public Object getValue(int index) {
        return values[index];
    }

    public boolean contains(Object value) {
        return toList().contains(value);
    }

    public List<Object> toList() {
        return Arrays.asList(values);
    }

    public Iterator<Object> iterator() {
        return toList().iterator();
    }

    public boolean equals(Object other) {
        return other != null && getClass() == other.getClass() && Arrays.equals(values, ((Tuple) other).values);
    }

    public int hashCode() {
        return Arrays.hashCode(values);
    }

    public String toString() {
        return toList().toString();
    }
}
