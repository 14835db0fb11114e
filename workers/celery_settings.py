"""How Celery runs here: late acknowledgement, one message at a time, JSON only, no results.

The database is the truth and every task may run twice. Hard time limit (60 s) < lease (90 s) <
visibility timeout (600 s): a message given to a second worker never meets the first one still at work.
"""

from registry.waker import ROUTES

QUEUES = ("exchange", "audit", "long")
HARD_LIMIT_SECONDS = 60
SOFT_LIMIT_SECONDS = 45

SETTINGS: dict[str, object] = {
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "task_ignore_result": True,
    "task_store_errors_even_if_ignored": False,
    "task_time_limit": HARD_LIMIT_SECONDS,
    "task_soft_time_limit": SOFT_LIMIT_SECONDS,
    "task_serializer": "json",
    "task_routes": ROUTES,
    "task_default_queue": "exchange",
    "accept_content": ["json"],
    "result_backend": None,
    "worker_prefetch_multiplier": 1,
    "worker_cancel_long_running_tasks_on_connection_loss": True,
    "worker_hijack_root_logger": False,
    "worker_redirect_stdouts": False,
    "worker_send_task_events": False,
    "worker_enable_remote_control": False,
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    "broker_transport_options": {
        "visibility_timeout": 600,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "health_check_interval": 5,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
    },
    "beat_scheduler": "celery.beat:Scheduler",
    "beat_max_loop_interval": 1,
    "timezone": "UTC",
    "enable_utc": True,
}
