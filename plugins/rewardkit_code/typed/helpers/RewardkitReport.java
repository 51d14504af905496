class RewardkitReport {
    static void show(int number, Object value) {
        System.out.println("\n@rk@ " + number + " " + text(value));
        System.out.flush();
    }

    static String text(Object value) {
        if (value == null) return "null";
        if (value instanceof Double || value instanceof Float) return String.valueOf(((Number) value).doubleValue() + 0.0);
        if (value instanceof Character) return String.valueOf((int) (Character) value);
        if (value instanceof Number || value instanceof Boolean) return value.toString();
        if (value instanceof CharSequence) return quoted(value.toString());
        if (value instanceof java.util.Optional) return text(((java.util.Optional<?>) value).orElse(null));
        java.util.List<String> items = new java.util.ArrayList<>();
        if (value.getClass().isArray()) {
            for (int i = 0; i < java.lang.reflect.Array.getLength(value); i++) items.add(text(java.lang.reflect.Array.get(value, i)));
        } else if (value instanceof java.util.Map) {
            for (java.util.Map.Entry<?, ?> e : ((java.util.Map<?, ?>) value).entrySet()) items.add(text(e.getKey()) + ":" + text(e.getValue()));
            java.util.Collections.sort(items);
        } else if (value instanceof Iterable) {
            for (Object item : (Iterable<?>) value) items.add(text(item));
            if (value instanceof java.util.Set) java.util.Collections.sort(items);
        } else return quoted(value.toString());
        return items.toString();
    }

    static String quoted(String text) {
        StringBuilder shown = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c < 32 || c == '"' || c == '\\' || c > 126) shown.append(String.format("\\u%04x", (int) c));
            else shown.append(c);
        }
        return shown.append('"').toString();
    }
}
