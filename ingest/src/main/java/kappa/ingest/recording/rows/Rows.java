package kappa.ingest.recording.rows;

import kappa.ingest.InvalidInputException;

/** A table with named columns, such as the units of an archive. */
public interface Rows {

    /** Number of rows; may be 0. */
    int rows();

    /**
     * A column of one number, truth value or text a row.
     *
     * @throws InvalidInputException if there is none of the name, or it holds something else: a line that names those there are
     */
    Column column(String name);

    /** A complaint about this table, which names it. */
    InvalidInputException invalid(String complaint);

    /** One column. Returned arrays belong to the caller. */
    interface Column {

        /** What it holds: {@code text}, {@code number} or {@code bool}. */
        String kind();

        /** A text for each row; only where the kind is text. */
        String[] texts();

        /** A number for each row, truth values as 0 and 1, NaN where there is none; only where the kind is not text. */
        double[] numbers();
    }
}
