import concurrent.futures
import signal

import numpy as np
import pytest

from serving import artifacts_made, processes


def statistics(server):
    return server.ask("models/tiny/stats")[1]["model_stats"][0]


def outputs(answer):
    return {output["name"]: np.array(output["data"]).reshape(output["shape"]) for output in answer["outputs"]}


def test_the_composed_repository_is_served_with_right_values(shared):
    image = np.arange(8, dtype=np.float32).reshape(2, 4)
    status, answer = shared.infer(image)
    scores, label = artifacts_made.right(image)
    assert status == 200
    np.testing.assert_allclose(outputs(answer)["scores"], scores, rtol=1e-6)
    np.testing.assert_array_equal(outputs(answer)["label"], label[:, None])


def test_the_server_takes_the_configuration_as_composed(shared):
    config = shared.ask("models/tiny/config")[1]
    assert (config["backend"], config["max_batch_size"]) == ("onnxruntime", 32)
    assert config["version_policy"] == {"specific": {"versions": [1]}}


def test_concurrent_requests_are_joined_into_one_execution(shared):
    before = statistics(shared)
    image = np.ones((1, 4), np.float32)
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: shared.infer(image), range(64)))
    after = statistics(shared)
    assert {status for status, _ in answers} == {200}
    assert after["inference_count"] - before["inference_count"] == 64
    assert after["execution_count"] - before["execution_count"] < 32


def test_joined_requests_get_each_its_own_answer(shared):
    images = np.random.default_rng(1).normal(size=(32, 1, 4)).astype(np.float32)
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(shared.infer, images))
    for image, (_, answer) in zip(images, answers, strict=True):
        np.testing.assert_allclose(outputs(answer)["scores"], artifacts_made.right(image)[0], rtol=1e-4, atol=1e-6)


def test_metrics_tell_queue_time_and_successes(shared):
    shared.infer(np.ones((1, 4), np.float32))
    text = processes.get(shared.metrics)[1]
    assert 'nv_inference_request_success{model="tiny",version="1"}' in text
    assert "nv_inference_queue_duration_us" in text


@pytest.mark.parametrize("path", ["logging", "trace/setting", "systemsharedmemory/status"])
def test_administration_is_closed_to_clients(shared, path):
    assert shared.ask(path)[0] == 403


def test_models_can_be_neither_loaded_nor_unloaded_by_clients(shared):
    assert shared.ask("repository/models/tiny/unload", {})[0] == 503
    assert shared.infer(np.ones((1, 4), np.float32))[0] == 200


def test_a_wrong_shape_is_the_clients_error(shared):
    status, answer = shared.infer(np.ones((1, 5), np.float32))
    assert status == 400
    assert "unexpected shape for input 'image'" in answer["error"]


def test_the_development_server_says_that_it_is_one(shared):
    assert "DEVELOPMENT server" in shared.log.read_text().splitlines()[0]


def test_a_model_without_a_batch_axis_is_served_whole(served):
    image = np.arange(8, dtype=np.float32).reshape(2, 4)
    with served(batch=2) as server:
        status, answer = server.infer(image)
        assert status == 200
        np.testing.assert_allclose(outputs(answer)["scores"], artifacts_made.right(image)[0], rtol=1e-6)
        assert server.ask("models/tiny/config")[1]["max_batch_size"] == 0


def test_a_bad_request_does_not_spoil_those_it_was_joined_with(served):
    images = np.zeros((8, 1, 4), np.float32)
    images[3, 0, 0] = 99
    with (
        served(model=artifacts_made.fragile(), max_queue_delay_microseconds=200_000) as server,
        concurrent.futures.ThreadPoolExecutor(8) as pool,
    ):
        answers = list(pool.map(server.infer, images))
        assert statistics(server)["execution_count"] < 8
    assert [status for status, _ in answers] == [200, 200, 200, 500, 200, 200, 200, 200]
    assert "onnxruntime: " in answers[3][1]["error"]
    np.testing.assert_allclose(outputs(answers[0][1])["scores"], artifacts_made.WEIGHTS[:1])


def test_each_instance_is_a_process_of_its_own(served):
    with served(instances=2) as server:
        assert len(server.stubs()) == 2
        assert server.infer(np.ones((1, 4), np.float32))[0] == 200


def test_a_request_in_flight_is_answered_after_sigterm(served):
    # Alone in the queue, a request waits for others the whole delay: in flight for two seconds.
    with served(max_queue_delay_microseconds=2_000_000) as server, concurrent.futures.ThreadPoolExecutor(1) as pool:
        answer = pool.submit(server.infer, np.ones((1, 4), np.float32))
        processes.until(
            lambda: 'nv_inference_pending_request_count{model="tiny",version="1"} 1' in processes.get(server.metrics)[1]
        )
        server.process.send_signal(signal.SIGTERM)
        assert answer.result()[0] == 200
        assert server.process.wait(timeout=15) == 0
