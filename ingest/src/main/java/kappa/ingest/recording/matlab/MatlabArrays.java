package kappa.ingest.recording.matlab;

import java.util.List;
import java.util.Map;
import kappa.ingest.InvalidInputException;

/** The variables of a file of either kind. One thread. */
interface MatlabArrays extends AutoCloseable {

    /** Fields and variables in one list may be no more. */
    int MAX_VARIABLES = 65_536;

    /** Structs lie in structs this deep at most. */
    int MAX_DEPTH = 16;

    /** All variables by name, in the file's order, a struct before its fields. */
    Map<String, MatlabVariable> variables();

    /**
     * The elements of a variable that is numeric.
     *
     * @throws InvalidInputException if they are damaged, or take more memory than there is
     */
    ColumnMajorArray read(MatlabVariable variable);

    /** What a list of texts may have at most. */
    int MAX_TEXTS = 65_536;

    /**
     * The texts of a cell array of them, or the rows of an array of characters.
     *
     * @throws InvalidInputException if they are damaged, or it holds something else
     */
    List<String> texts(MatlabVariable variable);

    @Override
    void close();
}
