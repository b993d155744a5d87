"""What needs no broker. Run by PythonClientTest, or by ``python3 -m unittest discover tests``."""

import pathlib
import tempfile
import types
import unittest
import unittest.mock

import numpy as np

import kappa
from kappa.latents import bits, symmetric


class Counting(unittest.TestCase):

    def test_should_put_a_spike_on_an_edge_into_the_bin_that_begins_there(self):
        # .06 / .02 is 2.9999999999999996
        np.testing.assert_array_equal(kappa.count([np.array([0.0, 0.019, 0.06])], 0.02).ravel(), [2, 0, 0, 1])

    def test_should_leave_out_spikes_outside(self):
        np.testing.assert_array_equal(kappa.count([np.array([0.5, 1.0, 1.25, 3.0])], 0.25, 1.0, 2.0).ravel(), [1, 1, 0, 0])


class SpikeTrains(unittest.TestCase):
    """Of the other packages only what kappa calls is here."""

    def assert_trains(self, spikes, names):
        found, trains = kappa.spike_trains(spikes)
        self.assertEqual(found, names)
        np.testing.assert_allclose(trains[0], [0.1, 0.2])
        np.testing.assert_allclose(trains[1], [0.3])

    def test_should_take_dictionaries_and_lists(self):
        self.assert_trains({"a": [0.2, 0.1], "b": [0.3]}, ["a", "b"])
        self.assert_trains([[0.1, 0.2], [0.3]], ["0", "1"])

    def test_should_take_a_sorting_of_spikeinterface(self):
        samples = {7: [3000, 6000], 9: [9000]}
        sorting = types.SimpleNamespace(unit_ids=np.array([7, 9]), sampling_frequency=30000.0,
                                        get_num_segments=lambda: 1,
                                        get_unit_spike_train=lambda unit: np.array(samples[unit]))
        self.assert_trains(sorting, ["7", "9"])

    def test_should_take_a_tsgroup_of_pynapple(self):
        class Ts:
            def __init__(self, t):
                self.t = np.array(t)

            def times(self):
                return self.t
        self.assert_trains({3: Ts([0.1, 0.2]), 4: Ts([0.3])}, ["3", "4"])

    def test_should_take_trains_of_neo_in_any_unit(self):
        class SpikeTrain(list):
            name = None

            def rescale(self, unit):
                assert unit == "s"
                return types.SimpleNamespace(magnitude=np.array(self) / 1000)
        trains = [SpikeTrain([100.0, 200.0]), SpikeTrain([300.0])]
        self.assert_trains(trains, ["0", "1"])
        self.assert_trains(types.SimpleNamespace(spiketrains=trains), ["0", "1"])

    def test_should_say_which_neuron_has_a_time_that_is_none(self):
        with self.assertRaisesRegex(ValueError, "neuron b hold nan, expected seconds"):
            kappa.spike_trains({"a": [1.0], "b": [float("nan")]})

    def test_should_say_which_trial_begins_too_early(self):
        with self.assertRaisesRegex(ValueError, "trial 1 begins before the one before it ends"):
            kappa.publish([[0.5, 3.0]], 0.1, trials=[(0, 2), (1, 3)])


class Arguments(unittest.TestCase):

    def test_should_name_what_is_wrong(self):
        for wrong, message in (({"neurons": 3, "bin_width": 0}, "bin_width is 0, expected seconds"),
                               ({"neurons": 1, "bin_width": .02}, "rank is 2, expected 1 to the number of neurons"),
                               ({"neurons": 3, "bin_width": .02, "session": "a b"}, "session is 'a b', expected 1 to 128"),
                               ({"neurons": 3, "bin_width": .02, "observation": "lfp"}, "observation is 'lfp', expected")):
            with self.subTest(message), self.assertRaisesRegex(ValueError, message):
                kappa.Session(**wrong)

    def test_should_say_what_to_start_where_no_kafka_is(self):
        with unittest.mock.patch("kappa.topics.PATIENCE", 1), self.assertRaisesRegex(kappa.NotReachable, "start kappa live"):
            kappa.Session(3, .02, bootstrap_servers="localhost:1")


class Wire(unittest.TestCase):

    def test_should_unfold_covariances_and_masks(self):
        np.testing.assert_array_equal(symmetric([1, 2, 3], 2), [[1, 2], [2, 3]])
        np.testing.assert_array_equal(bits(b"\x05\x80"), [0, 2, 15])

    def test_should_write_what_it_reads(self):
        record = kappa.wire.Activity(session="s", bins=[kappa.wire.Bin(counts=[1, 2], inputs=[.5])])
        self.assertEqual(kappa.wire.Activity.FromString(record.SerializeToString()), record)
        self.assertEqual(kappa.wire.COUNTS, 3)


class Reading(unittest.TestCase):

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def file(self, **arrays):
        path = pathlib.Path(self.folder.name, "export.npz")
        np.savez(path, **arrays)
        return path

    def test_should_give_time_uncertainty_and_trials(self):
        covariance = np.tile(np.diag([4.0, 9.0]), (3, 1, 1))
        export = kappa.read(self.file(layout_version=1, kappa=np.arange(6.0).reshape(3, 2), kappa_covariance=covariance,
                                      bin=[0, 1, 3], bin_width=.5, trial=[4, 4, 5], counts=np.ones((3, 2))))
        np.testing.assert_array_equal(export.time, [.5, 1, 2])
        np.testing.assert_array_equal(export.sd, [[2, 3]] * 3)
        self.assertEqual([len(part) for part in export.by_trial(export.kappa)], [2, 1])
        self.assertEqual(export.activity.shape, (3, 2))

    def test_should_refuse_other_files(self):
        with self.assertRaisesRegex(ValueError, "is no export of kappa; kappa export --session ID"):
            kappa.read(self.file(m=np.ones(3)))


if __name__ == "__main__":
    unittest.main()
