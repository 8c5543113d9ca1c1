"""Two processes never do the same thing at once."""

import threading

from cluster import locking


def test_the_second_waits_for_the_first_and_says_so(tmp_path, capsys):
    lock = tmp_path / "made" / "lock"
    order = []

    def second():
        with locking.alone(lock):
            order.append("second")

    with locking.alone(lock):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.2)
        order.append("first")
    thread.join(5)
    assert order == ["first", "second"]
    assert str(lock) in capsys.readouterr().err


def test_a_deleted_lock_file_locks_nothing(tmp_path):
    lock = tmp_path / "lock"
    order = []

    def waiting(name):
        with locking.alone(lock):
            order.append(name)
            assert lock.exists()

    with locking.alone(lock):
        threads = [threading.Thread(target=waiting, args=(name,)) for name in "ab"]
        for thread in threads:
            thread.start()
        threads[0].join(0.2)
        lock.unlink()
    for thread in threads:
        thread.join(5)
    assert sorted(order) == ["a", "b"]
