package kappa.ingest.export;

/** What one number of an exported array is. */
enum ElementType {
    /** 0 or 1 in one byte. */
    BOOL("|b1", 1), INT32("<i4", 4), INT64("<i8", 8), FLOAT32("<f4", 4), FLOAT64("<f8", 8);

    /** NumPy's name. */
    final String descr;
    final int bytes;

    ElementType(String descr, int bytes) {
        this.descr = descr;
        this.bytes = bytes;
    }
}
