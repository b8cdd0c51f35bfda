"""From settings to a running window and back to an exit code."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
from typing import TYPE_CHECKING

from PyQt6 import sip
from PyQt6.QtCore import QObject, QSize, QSocketNotifier, QTimer, QtMsgType, qInstallMessageHandler
from PyQt6.QtWidgets import QApplication

from deepvis import __version__
from deepvis.gui.controller import Controller
from deepvis.gui.doorbell import Doorbell
from deepvis.gui.main_window import MainWindow
from deepvis.gui.remembered import Remembered, last_choices
from deepvis.gui.run_report import StallMeter, report, write_report
from deepvis.gui.theme import apply_theme, theme_of
from deepvis.live.events import Notice
from deepvis.live.session import LiveSession
from deepvis.places import images_dir
from deepvis.records import Precision
from deepvis.sources.pair_spec import join_pair

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType

    from PyQt6.QtCore import QMessageLogContext

    from deepvis.config import Settings
    from deepvis.gui.serving.service import WindowService
    from deepvis.options import RunOptions, ServeOptions
    from deepvis.serving.service import Service

log = logging.getLogger(__name__)

SIZE = (1280, 800)
FRAME = (8, 40)
"""What a desktop's window frame takes of the screen, width and height."""
FIRST_PICTURE_WITHIN_S = 180.0
"""A timed run that gets no picture by then ends all the same."""
PAINT_CHECK_MS, PAINT_CHECKS = 100, 50
"""After its time a run waits so long, so many times, for a first picture to be painted."""


class App(QObject):
    """One run of the window: builds it, keeps the time, leaves screenshot and figures, ends the session."""

    def __init__(self, settings: Settings, options: RunOptions) -> None:
        super().__init__()
        # first: where the port is taken, no window opens
        service = None if options.serve is None else _service(options.serve)
        self._options = options
        if options.reset_settings:
            Remembered().forget()
        # a run without a person in front of it neither takes up nor leaves choices
        self._remembered = None if options.offscreen else Remembered()
        self._given = settings
        if self._remembered is not None:
            settings = self._remembered.apply(settings, options.given)
        self._settings = settings
        self.exit_code = 0
        self._theme = apply_theme(_application(), settings.theme)
        self._bell = Doorbell(self)
        self.session = LiveSession(
            images_dir(),
            self._bell.ring,
            threads=settings.threads,
            camera_size=settings.camera_size,
            gallery_dir=settings.gallery_dir,
        )
        self.controller = Controller(self.session, settings, self)
        self.window = MainWindow(self.controller, settings.model_request())
        if self._remembered is not None:
            self.window.studio.take_choices(self._remembered.studio())
            self.window.back_dock.heights = self._remembered.heights()
        self._served = None if service is None else _served(self.window, service, options)
        self.stalls = StallMeter(self)
        self._finished = False
        self._bell.rung.connect(self.controller.fetch)
        self.window.closing.connect(self.finish)

    def start(self) -> None:
        """Show the window and start the session."""
        self.window.resize(self._first_size())
        restored = self._options.size is None and self._remembered is not None and self._remembered.restore(self.window)
        self.window.use_theme(self._theme)
        self.window.show()
        if not restored:
            self.window.arrange_docks()
        if self._served is not None:
            self._served.start()
        self.session.start()
        self.session.place(self._settings.device, Precision(self._settings.precision))
        self.controller.load_model(self._settings.model_request())
        if self._settings.model_request() != self._given.model_request():
            # last time's network may be gone: then the one that this start would have had without it
            self.controller.model_failed.connect(self._take_given_model)
        source, second = self._settings.source, self._settings.second
        self.session.open_source(source if second is None else join_pair(source, second), fallback="auto")
        if self._options.seconds is not None:
            self._run_for(self._options.seconds)

    def _first_size(self) -> QSize:
        """What was asked for; else the usual size as far as the screen has it, its window frame included."""
        if self._options.size is not None or self._options.offscreen:
            return QSize(*(self._options.size or SIZE))
        screen = self.window.screen()
        room = QSize(*SIZE) if screen is None else screen.availableGeometry().size() - QSize(*FRAME)
        return QSize(*SIZE).boundedTo(room)

    def _take_given_model(self, _reason: str) -> None:
        self.controller.model_failed.disconnect(self._take_given_model)
        self.controller.load_model(self._given.model_request())

    def finish(self) -> None:
        """Leave what was asked for, remember the layout, end the threads; once."""
        if self._finished:
            return
        self._finished = True
        try:
            self._leave_files()
        except OSError as error:
            log.warning("The run's files could not be written: %s", error)
            self.exit_code = 1
        if self._options.seconds is not None and self.window.voice.failed:
            # nobody watched a timed run: its exit code says that something asked for was not done
            self.exit_code = 1
        if self._remembered is not None:
            self._keep()
        if self._served is not None:
            self._served.close()
        stuck = self.session.close()
        if stuck:
            log.warning("These threads did not end in time: %s", ", ".join(stuck))

    def report_fault(self, text: str) -> None:
        """Tell the person of an unexpected error; any thread may call this."""
        self.session.report(Notice(text, "error"))

    def _run_for(self, seconds: float) -> None:
        """Close after so many seconds of pictures; loading does not count, but has a limit too."""
        self.controller.result_arrived.connect(lambda result: self._first_answer(result.problem, seconds))
        # nothing will come where no network could be had
        self.controller.model_failed.connect(lambda _text: self._first_answer("", seconds))
        QTimer.singleShot(int((FIRST_PICTURE_WITHIN_S + seconds) * 1000), self.window.close)
        self._counting = False
        self._ending = QTimer(self)
        self._ending.setSingleShot(True)
        self._paint_checks = PAINT_CHECKS

    def _first_answer(self, problem: str, seconds: float) -> None:
        if not problem and not self._counting:
            self._counting = True
            self.stalls.start()
            self._ending.timeout.connect(self._end_run)
            self._ending.start(int(seconds * 1000))

    def _end_run(self) -> None:
        """Close the window; on a busy machine not before it has shown a picture: that is what was asked for."""
        nothing_comes = self.controller.info is None
        if nothing_comes or self.session.counts().painted or not self._paint_checks:
            self.window.close()
        else:
            self._paint_checks -= 1
            self._ending.start(PAINT_CHECK_MS)

    def _leave_files(self) -> None:
        if self._options.screenshot is not None:
            self._take_screenshot()
        if self._options.stats is not None:
            write_report(self._options.stats, report(self.controller, self.stalls, self.window.voice.complaints))

    def _take_screenshot(self) -> None:
        path = self._options.screenshot
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not self.window.grab().save(str(path), "PNG"):
                log.error("The screenshot could not be written to %s", path)

    def _keep(self) -> None:
        if self._remembered is None:
            return
        self._remembered.note(last_choices(self.controller, theme_of(self.window.palette()).name))
        self._remembered.note_studio(self.window.studio.choices())
        self.window.back_dock.note_heights()
        self._remembered.note_heights(self.window.back_dock.heights)
        self._remembered.keep(self.window)


def run(settings: Settings, options: RunOptions) -> int:
    """Open the window and stay until it closes.

    Args:
        settings: what the window starts with.
        options: how this run goes.

    Returns:
        The exit code, 0 where the window closed as it should.
    """
    if options.offscreen:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    application = _application()
    app = App(settings, options)
    _install_hooks(app)
    undo = _close_on_interrupt(app)
    app.start()
    code = application.exec()
    app.finish()
    undo()
    app.window.deleteLater()
    return code or app.exit_code


def _service(options: ServeOptions) -> Service:
    from deepvis.serving.service import Service  # noqa: PLC0415  (a start that serves nobody needs no HTTP)

    return Service(options)


def _served(window: MainWindow, service: Service, options: RunOptions) -> WindowService:
    from deepvis.gui.serving.service import WindowService  # noqa: PLC0415  (as above)

    if sys.stdout is not None:
        sys.stdout.write(f"{service.invitation}\n{_end_of(options)}\n")
        sys.stdout.flush()
    return WindowService(window, service)


def _end_of(options: RunOptions) -> str:
    """How a window that is served ends, for the terminal it was started in."""
    ways = ["Ctrl+C here"]
    if not options.offscreen:
        ways.append("when the window is closed")
    if options.seconds is not None:
        ways.append(f"after {options.seconds:g} seconds")
    return f"It ends with {', or '.join(ways)}."


def _application() -> QApplication:
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    application = QApplication(sys.argv[:1])
    application.setApplicationName("DeepVis")
    application.setApplicationVersion(__version__)
    application.setDesktopFileName("deepvis")
    return application


def _install_hooks(app: App) -> None:
    """An exception in a slot would abort the process, one in a thread would vanish: both reach the status line."""

    def in_slot(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        log.error("unexpected error", exc_info=(kind, error, trace))
        app.report_fault(f"Something unexpected happened: {kind.__name__}: {error}")

    def in_thread(arguments: threading.ExceptHookArgs) -> None:
        in_slot(arguments.exc_type, arguments.exc_value or arguments.exc_type(), arguments.exc_traceback)

    qInstallMessageHandler(_log_qt_message)
    sys.excepthook = in_slot
    threading.excepthook = in_thread


def _log_qt_message(kind: QtMsgType, _context: QMessageLogContext, text: str | None) -> None:
    """What Qt prints by itself goes to the log: a person in a terminal can do nothing about most of it."""
    serious = kind in (QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg)
    log.log(logging.ERROR if serious else logging.DEBUG, "Qt: %s", text)


def _close_on_interrupt(app: App) -> Callable[[], None]:
    """Ctrl+C in the terminal closes the window; a socket wakes Qt, as Python runs signal handlers between slots.

    Returns:
        What gives the sockets back; until it is called both must live, or Qt is told of a closed end without end.
    """
    near, far = socket.socketpair()
    near.setblocking(False)
    far.setblocking(False)
    signal.set_wakeup_fd(far.fileno())
    notifier = QSocketNotifier(sip.voidptr(near.fileno()), QSocketNotifier.Type.Read, app)

    def drain() -> None:
        near.recv(64)

    def close(_number: int, _frame: FrameType | None) -> None:
        app.window.close()

    notifier.activated.connect(drain)
    signal.signal(signal.SIGINT, close)
    signal.signal(signal.SIGTERM, close)

    def undo() -> None:
        notifier.setEnabled(False)
        signal.set_wakeup_fd(-1)
        near.close()
        far.close()

    return undo
