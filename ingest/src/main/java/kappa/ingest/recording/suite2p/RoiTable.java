package kappa.ingest.recording.suite2p;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.npz.NpyArray;
import kappa.ingest.recording.npz.NpyFile;
import kappa.ingest.recording.rows.Rows;

/**
 * The regions of interest of a folder, with what {@code iscell.npy} says of them: {@code iscell}, and the {@code probability}
 * that the classifier gives. Immutable.
 */
final class RoiTable implements Rows {

    static final String FILE = "iscell.npy";

    /** The filter that is used unless another one is asked for. */
    static final String CELLS = "iscell == true";

    private record Column(String kind, double[] values) implements Rows.Column {

        @Override
        public String[] texts() {
            throw new IllegalStateException("a column of numbers");
        }

        @Override
        public double[] numbers() {
            return values.clone();
        }
    }

    private final Path folder;
    private final int rois;
    private final double[] cell; // null if nothing says
    private final double[] probability; // null if nothing says

    /**
     * @param rois that there are
     * @throws InvalidInputException if the file does not have a row for each
     */
    RoiTable(Path folder, int rois) {
        this.folder = folder;
        this.rois = rois;
        if (!Files.isRegularFile(folder.resolve(FILE))) {
            cell = null;
            probability = null;
            return;
        }
        try (NpyFile file = NpyFile.open(folder.resolve(FILE), "iscell")) {
            NpyArray array = file.array();
            int[] shape = array.shape();
            if (shape.length < 1 || shape.length > 2 || shape[0] != rois || array.elements() > 2L * rois
                    || array.elements() < rois) {
                throw array.invalid(
                        "shape " + array.shapeText() + ": expected [" + rois + ", 2], a row for each of F.npy");
            }
            int width = (int) (array.elements() / rois);
            double[] all = array.doubles();
            cell = column(all, width, 0);
            probability = width == 2 ? column(all, width, 1) : null;
        }
    }

    private double[] column(double[] all, int width, int column) {
        double[] values = new double[rois];
        Arrays.setAll(values, roi -> all[roi * width + column]);
        return values;
    }

    /** Whether the folder says which regions are cells. */
    boolean saysCells() {
        return cell != null;
    }

    @Override
    public int rows() {
        return rois;
    }

    @Override
    public Rows.Column column(String name) {
        if (name.equals("iscell") && cell != null) {
            return new Column("bool", Arrays.stream(cell).map(value -> value != 0 ? 1 : 0).toArray());
        }
        if (name.equals("probability") && probability != null) {
            return new Column("number", probability);
        }
        if (name.equals("roi")) {
            double[] numbers = new double[rois];
            Arrays.setAll(numbers, roi -> roi);
            return new Column("number", numbers);
        }
        throw invalid("no column " + InvalidInputException.oneLine(name) + ", expected one of roi"
                + (cell == null ? "" : ", iscell") + (probability == null ? "" : ", probability"));
    }

    @Override
    public InvalidInputException invalid(String complaint) {
        return new InvalidInputException(folder + ": regions of interest: " + complaint);
    }
}
