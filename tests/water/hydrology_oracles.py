"""Slow second readings of the textbooks' equations in decimal arithmetic, to compare the kernels with.

Written from Zhao (1992) and Perrin et al. (2003) case by case, in another order and another number system
than the product: nothing here is shared with it.
"""

from __future__ import annotations

from decimal import Decimal, localcontext

D = Decimal
ONE, ZERO = D(1), D(0)


def number(values) -> list[Decimal]:
    """Doubles as the decimals that they are."""
    return [D(float(each)) for each in values]


def xinanjiang(
    parameters, rain, evaporation, state, days=1.0, horton=None, slice_mm=5, follows_area=False
) -> tuple[list[Decimal], list[Decimal]]:
    """Flow of every step, mm, and the state after the last; ``horton`` are FC (mm a step), KF, BF."""
    with localcontext() as context:
        context.prec = 40
        return _xinanjiang(parameters, rain, evaporation, state, days, horton, slice_mm, follows_area)


def _xinanjiang(parameters, rain, evaporation, state, days, horton, slice_mm, follows_area):
    K, B, IM, UM, LM, DM, C, SM, EX, KI, KG, CI, CG, CS, L = number(parameters)
    step = D(days)
    total = KI + KG
    at_step = ONE - (ONE - total) ** step
    KI, KG = at_step * KI / total, at_step * KG / total
    CI, CG = (CI**step if CI else ZERO), CG**step
    WU, WL, WD, S, FR, QI, QG, Q, *QT = number(state)
    WM = UM + LM + DM
    flows = []
    for P, E in zip(number(rain), number(evaporation), strict=True):
        EP = K * E
        # evaporation of three layers 三层蒸散发
        if WU + P >= EP:
            EU, EL, ED = EP, ZERO, ZERO
        else:
            EU = WU + P
            rest = EP - EU
            if WL >= C * LM:
                EL, ED = min(rest * WL / LM, WL), ZERO
            elif C * rest <= WL:
                EL, ED = C * rest, ZERO
            else:
                EL, ED = WL, min(C * rest - WL, WD)
        PE = P - EU - EL - ED
        # runoff 产流
        RS = RI = RG = R = beyond = ZERO
        soaked = PE
        if PE > 0:
            W = WU + WL + WD
            if horton is not None:
                FC, KF, BF = number(horton)
                FM = FC * (ONE + KF * (WM - W) / WM)
                FMM = FM * (ONE + BF)
                soaked = FM - FM * (ONE - PE / FMM) ** (BF + ONE) if PE < FMM else FM
                beyond = PE - soaked
            WMM = WM * (ONE + B)
            A = WMM * (ONE - max(ZERO, ONE - W / WM) ** (ONE / (ONE + B)))
            if soaked + A < WMM:
                R = soaked - (WM - W) + WM * (ONE - (soaked + A) / WMM) ** (ONE + B)
            else:
                R = soaked - (WM - W)
        # tension water 张力水
        if P - EU >= 0 and PE > 0:
            WU += soaked - R
        else:
            WU += P - EU
        WL -= EL
        WD -= ED
        if WU > UM:
            WL, WU = WL + WU - UM, UM
        if WL > LM:
            WD, WL = WD + WL - LM, LM
        # three sources 水源划分
        if PE > 0 and R > 0:
            S, FR = S * FR / (R / soaked), R / soaked
            N = int(soaked / D(slice_mm)) + 1 if slice_mm else 1
            part = soaked / N
            KID = (ONE - (ONE - (KI + KG)) ** (ONE / N)) / (ONE + KG / KI)
            KGD = KID * KG / KI
            SMM = SM * (ONE + EX)
            if follows_area:
                SMM *= ONE - max(ZERO, ONE - FR) ** (ONE / EX)
            SMF = SMM / (ONE + EX)
            for _ in range(N):
                AU = SMM * (ONE - (ONE - S / SMF) ** (ONE / (ONE + EX))) if S < SMF else SMM
                if part + AU < SMM:
                    rs = part + S - SMF + SMF * (ONE - (part + AU) / SMM) ** (ONE + EX)
                else:
                    rs = part + S - SMF
                S += part - rs
                RS += rs * FR
                RI += KID * S * FR
                RG += KGD * S * FR
                S *= ONE - KID - KGD
        else:
            RI, RG = KI * S * FR, KG * S * FR
            S *= ONE - KI - KG
        surface = (ONE - IM) * (RS + beyond) + (IM * PE if PE > 0 else ZERO)
        # routing 汇流
        QI = CI * QI + (ONE - CI) * (ONE - IM) * RI
        QG = CG * QG + (ONE - CG) * (ONE - IM) * RG
        QT = [surface + QI + QG, *QT]
        whole = int(L)
        late = (ONE - (L - whole)) * QT[whole] + (L - whole) * (
            QT[whole + 1] if whole + 1 < len(QT) else ZERO
        )
        Q = CS * Q + (ONE - CS) * late
        QT = QT[:11]
        flows.append(Q)
    return flows, [WU, WL, WD, S, FR, QI, QG, Q, *QT]


def _tanh(x: Decimal) -> Decimal:
    grown = (2 * x).exp()
    return (grown - 1) / (grown + 1)


def gr4j(parameters, rain, evaporation, state) -> tuple[list[Decimal], list[Decimal]]:
    """Flow of every day, mm, and the state after the last."""
    with localcontext() as context:
        context.prec = 40
        return _gr4j(parameters, rain, evaporation, state)


def _gr4j(parameters, rain, evaporation, state):
    X1, X2, X3, X4 = number(parameters)
    S, R, *held = number(state)
    u, v = held[:10], held[10:]
    half, power = D("0.5"), D("2.5")

    def sh1(t: int) -> Decimal:
        return (t / X4) ** power if t < X4 else ONE

    def sh2(t: int) -> Decimal:
        if t <= X4:
            return half * (t / X4) ** power
        return ONE - half * (2 - t / X4) ** power if t < 2 * X4 else ONE

    uh1 = [sh1(j) - sh1(j - 1) for j in range(1, 11)]
    uh2 = [sh2(j) - sh2(j - 1) for j in range(1, 21)]
    quarter = D("-0.25")
    flows = []
    for P, E in zip(number(rain), number(evaporation), strict=True):
        if P >= E:
            Pn = P - E
            Ps = X1 * (1 - (S / X1) ** 2) * _tanh(Pn / X1) / (1 + S / X1 * _tanh(Pn / X1))
            S += Ps
        else:
            Pn = Ps = ZERO
            En = E - P
            S -= S * (2 - S / X1) * _tanh(En / X1) / (1 + (1 - S / X1) * _tanh(En / X1))
        perc = S * (1 - (1 + (D(4) / 9 * S / X1) ** 4) ** quarter)
        S -= perc
        Pr = perc + Pn - Ps
        u = [old + D("0.9") * Pr * share for old, share in zip(u, uh1, strict=True)]
        v = [old + D("0.1") * Pr * share for old, share in zip(v, uh2, strict=True)]
        Q9, Q1 = u.pop(0), v.pop(0)
        u.append(ZERO)
        v.append(ZERO)
        F = X2 * (R / X3) ** D("3.5") if R else ZERO
        R = max(ZERO, R + Q9 + F)
        Qr = R * (1 - (1 + (R / X3) ** 4) ** quarter)
        R -= Qr
        flows.append(Qr + max(ZERO, Q1 + F))
    return flows, [S, R, *u, *v]
